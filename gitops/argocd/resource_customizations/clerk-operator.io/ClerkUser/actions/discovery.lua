local function tableOf(value)
  if type(value) == "table" then return value end
  return {}
end

local metadata, spec, status = tableOf(obj.metadata), tableOf(obj.spec), tableOf(obj.status)
local suspended = spec.suspend == true
local deleted = metadata.deletionTimestamp ~= nil

local actions = {}

if deleted then
  -- What the user's deletion does can still be changed, as long as the operator has not carried it out.
  actions["retain"] = {
    ["disabled"] = spec.deletionPolicy == "Retain" or status.userID == nil,
    ["iconClass"] = "fa fa-fw fa-undo",
    ["displayName"] = "Keep the user at Clerk",
  }
  return actions
end

actions["reconcile"] = { ["disabled"] = suspended, ["iconClass"] = "fa fa-fw fa-redo", ["displayName"] = "Reconcile" }
actions["suspend"] = { ["disabled"] = suspended, ["iconClass"] = "fa fa-fw fa-pause", ["displayName"] = "Suspend" }
actions["resume"] = { ["disabled"] = not suspended, ["iconClass"] = "fa fa-fw fa-play", ["displayName"] = "Resume" }

return actions
