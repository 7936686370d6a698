// A receiver with Express: npm install && SHARE_SECRET=... PORT=9000 node receiver.js
'use strict'

const crypto = require('node:crypto')
const express = require('express')

const secret = process.env.SHARE_SECRET?.trim()
if (!secret) throw new Error('SHARE_SECRET is not set')
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

const app = express()
// express.raw and not express.json: the signature is over the raw bytes. Events may be larger than the usual 100 KB.
app.post('/webhook', express.raw({ type: '*/*', limit: '5mb' }), (request, response) => {
  const body = request.body ?? '' // Without a body there is nothing to parse.
  if (!isSigned(body, request.get('CrescLab-Signature'))) return response.sendStatus(401)
  take(request.get('CrescLab-Idempotency-Key'), JSON.parse(body))
  return response.sendStatus(200)
})
const server = app.listen(process.env.PORT ?? 9000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/webhook`)
})
