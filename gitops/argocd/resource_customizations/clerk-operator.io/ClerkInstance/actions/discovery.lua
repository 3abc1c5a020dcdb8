local held = type(obj.status) == "table" and type(obj.status.heldDeletions) == "number" and obj.status.heldDeletions > 0

local actions = {}
actions["release-deletions"] = {
  ["disabled"] = not held,
  ["iconClass"] = "fa fa-fw fa-unlock",
  ["displayName"] = "Carry out the deletions that the brake holds",
}

return actions
