// maac-sim from a test, over its REST API. MAAC_SIM_URL and MAAC_SIM_API_TOKEN say where it is.
'use strict'

const url = process.env.MAAC_SIM_URL ?? 'http://127.0.0.1:8622'

async function call(token, method, path, body) {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })
  const answer = response.status === 204 ? null : await response.json()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer.error)}`)
  return answer
}

// An account of this test's own, licensed for every event type. Its four attempts take a tenth of a second and not
// seven, so that a test that loses an event ends within Jest's five. Remove it when the test is over.
async function sandbox(name) {
  const fields = { name, retry_waits: [0.01, 0.02, 0.04] }
  const { id, token } = await call(process.env.MAAC_SIM_API_TOKEN, 'POST', '/accounts/', fields)
  return {
    // A running endpoint; its share_secret is what signatures verify with.
    endpoint: (target, events) =>
      call(token, 'POST', '/endpoints/', { name: 'Receiver', url: target, event_types: events }),
    // An event, with data laid over a believable sample; resolves once its deliveries have ended.
    async trigger(topic, data = {}) {
      const event = await call(token, 'POST', '/events/', { topic, data, merge: true })
      return (await call(token, 'GET', `/events/${event.id}/wait/?timeout=20`)).deliveries
    },
    redeliver: (delivery) => call(token, 'POST', `/deliveries/${delivery.id}/redeliver/`, {}),
    delivery: (number) => call(token, 'GET', `/deliveries/${number}/`),
    remove: () => call(token, 'DELETE', `/accounts/${id}/`),
  }
}

module.exports = { sandbox }
