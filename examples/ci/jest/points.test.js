// The shop under test with Jest: every test has an account of its own, so files run in parallel.
'use strict'

const assert = require('node:assert/strict')
const { sandbox } = require('./maac-sim')
const { Shop } = require('./shop')

const RECEIPT = 'receipt.receipt_validated'
const bread = { customer_id: 'M-10086', items: [{ description: 'パン', unit_price: 65, quantity: 4, amount: 260 }] }

let maacSim
let shop

beforeEach(async () => {
  maacSim = await sandbox('points.test.js')
  shop = new Shop()
  await shop.start()
  shop.secret = (await maacSim.endpoint(shop.url, [RECEIPT])).share_secret
})

afterEach(async () => {
  await maacSim.remove()
  await shop.stop()
})

test('a receipt gives points', async () => {
  const [delivery] = await maacSim.trigger(RECEIPT, bread)
  assert.equal(delivery.status, 'delivered')
  assert.deepEqual(shop.points, { 'M-10086': 2 })
})

test('the same event twice gives points once', async () => {
  const [delivery] = await maacSim.trigger(RECEIPT, bread)
  await maacSim.redeliver(delivery)
  while ((await maacSim.delivery(delivery.id)).status === 'pending') await new Promise((resume) => setTimeout(resume, 10))
  assert.equal((await maacSim.delivery(delivery.id)).attempt_count, 2)
  assert.deepEqual(shop.points, { 'M-10086': 2 })
})

test('a shop that stays away loses the event after four attempts', async () => {
  shop.isBroken = true
  const [delivery] = await maacSim.trigger(RECEIPT, bread)
  assert.equal(delivery.status, 'failed')
  assert.equal(delivery.attempt_count, 4)
})

test('a wrong secret is refused', async () => {
  shop.secret = 'another'
  const [delivery] = await maacSim.trigger(RECEIPT, bread)
  assert.equal(delivery.status_code, 401)
})
