import { createClerkClient } from '@clerk/backend'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, before, beforeEach, test } from 'node:test'
import { ban } from './staff.mjs'

const secretKey = process.env.CLERK_SECRET_KEY ?? 'sk_test_recipe'
let address = process.env.CLERK_API_URL // of an emulator that runs already
let emulator, clerk

before(async () => {
  if (!address) {
    emulator = spawn('clerk-emulator', ['--addr', '127.0.0.1:0', '--key', secretKey], { stdio: ['ignore', 'pipe', 'inherit'] })
    ;[address] = await once(createInterface(emulator.stdout), 'line')
  }
  clerk = createClerkClient({ secretKey, apiUrl: address })
})
after(() => emulator?.kill())

// control sends one of the emulator's own requests.
async function control(method, path, body) {
  const answer = await fetch(`${address}/_emulator${path}`, { method, body: body && JSON.stringify(body) })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
  return answer.status === 204 ? undefined : answer.json()
}

beforeEach(() => control('POST', '/reset'))
const seedGrace = () => control('POST', '/users', { email_addresses: [{ email_address: 'grace@example.com', verification: { status: 'verified' } }] })

test('a user is banned with one call', async () => {
  const { id } = await seedGrace()
  assert.equal(await ban(clerk, 'grace@example.com'), id)
  assert.equal((await control('GET', `/users/${id}`)).banned, true)
  const writes = await control('GET', '/journal?method=POST')
  assert.deepEqual(writes.map((entry) => [entry.path, entry.status]), [[`/v1/users/${id}/ban`, 200]])
})

test('nobody is banned while Clerk is busy', async () => {
  const { id } = await seedGrace()
  await control('POST', '/faults', { method: 'POST', path: '/users/*/ban', status: 429, code: 'too_many_requests', times: -1 })
  await assert.rejects(ban(clerk, 'grace@example.com'), { status: 429 })
  assert.equal((await control('GET', `/users/${id}`)).banned, false)
})
