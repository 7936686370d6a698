// The receiver under test: a shop that gives points for receipts, each receipt once.
'use strict'

const crypto = require('node:crypto')
const http = require('node:http')
const { once } = require('node:events')

function isSigned(secret, body, signature = '') {
  const expected = Buffer.from(crypto.createHmac('sha256', secret).update(body).digest('hex'))
  const given = Buffer.from(signature)
  return given.length === expected.length && crypto.timingSafeEqual(given, expected)
}

class Shop {
  secret = ''
  points = {}
  isBroken = false
  #seen = new Set()

  take(key, signature, body) {
    if (!isSigned(this.secret, body, signature)) return 401
    if (this.isBroken) return 503
    if (!this.#seen.has(key)) this.#work(JSON.parse(body).data)
    this.#seen.add(key)
    return 200
  }

  #work({ customer_id, items }) {
    const spent = items.reduce((sum, item) => sum + item.amount, 0)
    this.points[customer_id] = (this.points[customer_id] ?? 0) + Math.floor(spent / 100)
  }

  // Answers at its `url` until `stop`. RECEIVER_HOST is this machine as the simulator sees it.
  async start() {
    const host = process.env.RECEIVER_HOST ?? '127.0.0.1'
    this.server = http.createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const { 'cresclab-idempotency-key': key, 'cresclab-signature': signature } = request.headers
      response.writeHead(this.take(key, signature, Buffer.concat(chunks)), { 'Content-Length': 0 }).end()
    })
    this.server.listen(0, host === '127.0.0.1' ? host : '0.0.0.0')
    await once(this.server, 'listening')
    this.url = `http://${host}:${this.server.address().port}/webhook`
  }

  async stop() {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }
}

module.exports = { Shop }
