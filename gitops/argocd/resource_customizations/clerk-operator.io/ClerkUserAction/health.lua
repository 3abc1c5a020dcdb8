-- As a Job, an action ends with Complete or Failed. Until then it has the condition Reconciling.
local function tableOf(value)
  if type(value) == "table" then return value end
  return {}
end

local metadata, status = tableOf(obj.metadata), tableOf(obj.status)
local conditions = {}
for _, condition in ipairs(tableOf(status.conditions)) do
  if type(condition) == "table" and type(condition.type) == "string" then
    conditions[condition.type] = condition
  end
end

local function isTrue(name)
  return conditions[name] ~= nil and conditions[name].status == "True"
end

local function plain(value)
  if type(value) == "string" or type(value) == "number" then return tostring(value) end
  return ""
end

local function describe(name)
  local reason, message = plain(conditions[name].reason), plain(conditions[name].message)
  if reason == "" then reason = name end
  if message == "" then return reason end
  return reason .. ": " .. message
end

-- Argo CD 3.6 calls this for an object that is being deleted only if the object is a hook, whose result is final.
if status.observedGeneration ~= metadata.generation then
  return { status = "Progressing", message = "The operator has not seen the action yet" }
end

if isTrue("Complete") then
  return { status = "Healthy", message = describe("Complete") }
end

if isTrue("Failed") then
  return { status = "Degraded", message = describe("Failed") }
end

if isTrue("Reconciling") then
  return { status = "Progressing", message = describe("Reconciling") }
end

return { status = "Progressing", message = "The operator has not reported a result yet" }
