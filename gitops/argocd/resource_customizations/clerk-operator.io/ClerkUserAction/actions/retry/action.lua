-- A ClerkUserAction runs once and keeps its result, so that a retry is a new object with the same spec.

local failed = false
if type(obj.status) == "table" and type(obj.status.conditions) == "table" then
  for _, condition in ipairs(obj.status.conditions) do
    if type(condition) == "table" and condition.type == "Failed" and condition.status == "True" then
      failed = true
    end
  end
end
if not failed then
  error("only an action that failed can be retried", 0)
end

-- Argo CD encodes an empty table as a list. Most actions have no parameters, such as disableMFA: {}. A field that the kind does not
-- have makes it an object, and the API server drops the field.
local spec = {}
for field, value in pairs(obj.spec) do
  if type(value) == "table" and next(value) == nil then
    value = { noParameters = true }
  end
  spec[field] = value
end

local retry = {
  apiVersion = obj.apiVersion,
  kind = obj.kind,
  metadata = {
    generateName = obj.metadata.name .. "-retry-",
    namespace = obj.metadata.namespace,
    -- Argo CD then shows the new object below the failed one. It is not a resource of the Application, so that it is not pruned.
    ownerReferences = {
      { apiVersion = obj.apiVersion, kind = obj.kind, name = obj.metadata.name, uid = obj.metadata.uid },
    },
  },
  spec = spec,
}

return { { operation = "create", resource = retry } }
