-- The conditions follow kstatus: Reconciling, Stalled and Suspended are present only while they are True.
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

-- What was said about an earlier generation does not count.
local function has(name, wanted)
  local condition = conditions[name]
  return condition ~= nil and condition.status == wanted and condition.observedGeneration == metadata.generation
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

-- Argo CD 3.6 does not call this for an object that is being deleted, and shows "Pending deletion" instead. The exception is a hook.
if metadata.deletionTimestamp ~= nil then
  local message = "The object is being deleted"
  if has("Ready", "False") then
    message = message .. ". " .. describe("Ready")
  end
  if has("Stalled", "True") then
    return { status = "Degraded", message = message }
  end
  return { status = "Progressing", message = message }
end

-- Argo CD's own status Suspended would stop a sync with hooks or waves, and with it the sync that resumes the object.
if has("Suspended", "True") then
  return { status = "Healthy", message = describe("Suspended") }
end

if has("Stalled", "True") then
  return { status = "Degraded", message = describe("Stalled") }
end

if has("Reconciling", "True") then
  return { status = "Progressing", message = describe("Reconciling") }
end

if has("Ready", "True") and status.observedGeneration == metadata.generation then
  return { status = "Healthy", message = describe("Ready") }
end

if has("Ready", "False") then
  return { status = "Degraded", message = describe("Ready") }
end

if has("Ready", "Unknown") then
  return { status = "Progressing", message = describe("Ready") }
end

return { status = "Progressing", message = "The operator has not reported a result for the current spec yet" }
