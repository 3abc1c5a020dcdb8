local os = require("os")

-- This releases the deletions that were requested until now, and none that are requested later.
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["clerk-operator.io/release-deletions"] = os.date("!%Y-%m-%dT%XZ")

return obj
