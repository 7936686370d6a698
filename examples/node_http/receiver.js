// A receiver with nothing but Node: SHARE_SECRET=... PORT=9000 node receiver.js
'use strict'

const crypto = require('node:crypto')
const http = require('node:http')

const secret = process.env.SHARE_SECRET?.trim()
if (!secret) throw new Error('SHARE_SECRET is not set')
const largest = 5 * 1024 * 1024
const seen = new Set() // In production: a table with a unique key, written in the transaction of the work.

function isSigned(body, signature = '') {
  const expected = Buffer.from(crypto.createHmac('sha256', secret).update(body).digest('hex'))
  const given = Buffer.from(signature)
  return given.length === expected.length && crypto.timingSafeEqual(given, expected)
}

function take(key, event) {
  if (seen.has(key)) return
  seen.add(key)
  console.log(event.topic, event.data.line_uid ?? '')
}

async function readBody(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size <= largest) chunks.push(chunk)
  }
  return size <= largest ? Buffer.concat(chunks) : null // The raw bytes: what was signed.
}

async function answer(request) {
  const body = await readBody(request)
  if (request.method !== 'POST') return 405
  if (body === null) return 413
  if (!isSigned(body, request.headers['cresclab-signature'])) return 401
  take(request.headers['cresclab-idempotency-key'], JSON.parse(body))
  return 200
}

const server = http.createServer((request, response) => {
  answer(request)
    .catch((error) => (console.error(error), 500))
    .then((status) => response.writeHead(status, { 'Content-Length': 0 }).end())
})
server.listen(process.env.PORT ?? 9000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/`)
})
