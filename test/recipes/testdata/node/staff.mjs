// ban bans the user with an e-mail address, and returns the user's id.
export async function ban(clerk, address) {
  const { data } = await clerk.users.getUserList({ emailAddress: [address] })
  if (data.length !== 1) throw new Error(`${data.length} users have the address ${address}`)
  await clerk.users.banUser(data[0].id)
  return data[0].id
}
