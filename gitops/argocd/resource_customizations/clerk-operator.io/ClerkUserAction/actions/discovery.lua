local failed = nil
if type(obj.status) == "table" and type(obj.status.conditions) == "table" then
  for _, condition in ipairs(obj.status.conditions) do
    if type(condition) == "table" and condition.type == "Failed" and condition.status == "True" then
      failed = condition
    end
  end
end

local name = "Retry as a new ClerkUserAction"
if failed ~= nil and failed.reason == "OutcomeUnknown" then
  name = "Retry as a new ClerkUserAction (Clerk may have carried out this one)"
end

local actions = {}
actions["retry"] = { ["disabled"] = failed == nil, ["iconClass"] = "fa fa-fw fa-redo", ["displayName"] = name }

return actions
