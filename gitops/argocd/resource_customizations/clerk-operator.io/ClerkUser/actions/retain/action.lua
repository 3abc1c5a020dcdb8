if obj.metadata.deletionTimestamp == nil then
  error("the object is not being deleted; set spec.deletionPolicy in its manifest", 0)
end
obj.spec.deletionPolicy = "Retain"

return obj
