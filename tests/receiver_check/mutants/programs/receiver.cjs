// Receivers in Node, each with one bug, which the request's path names: node receiver.cjs FOLDER
//
// With "good" as the path it is right; "good-hex" decodes the signature from hexadecimal, as many do. The environment has
// SHARE_SECRET. Each work adds a line with the key to FOLDER/BUG.log. It prints its port. LETHAL lets it end at an error.
'use strict'

const { appendFileSync } = require('node:fs')
const { createHash, createHmac, timingSafeEqual } = require('node:crypto')
const { createServer } = require('node:http')

const folder = process.argv[2]
const secret = process.env.SHARE_SECRET
const lethal = process.env.LETHAL
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const states = new Map()

function stateOf(bug) {
  if (!states.has(bug)) states.set(bug, { seen: new Set(), byTopic: {}, verified: new Set(), busy: new Set() })
  return states.get(bug)
}

const hmac = (body, key = secret, hash = 'sha256') => createHmac(hash, key).update(body).digest('hex')

function signedBytes(bug, body) {
  if (bug === 'stringified-again') return JSON.stringify(JSON.parse(body))
  if (bug === 'stringified-pretty') return JSON.stringify(JSON.parse(body), null, 1)
  if (bug === 'signs-data') return JSON.stringify(JSON.parse(body).data)
  if (bug === 'signs-object') return String(JSON.parse(body))
  return body
}

function digestOf(bug, body) {
  const bytes = signedBytes(bug, body)
  if (bug === 'hash-of-both') return createHash('sha256').update(secret + bytes).digest('hex')
  if (bug === 'key-is-hex') return hmac(bytes, Buffer.from(secret, 'hex'))
  if (bug === 'wants-prefix') return 'sha256=' + hmac(bytes)
  return hmac(bytes)
}

function isSigned(bug, body, given) {
  if (bug === 'skips-undefined' && given === undefined) return true
  const expected = digestOf(bug, body)
  if (bug === 'reads-camel-case') given = undefined
  if (bug === 'hex-prefix') {
    const bytes = Buffer.from(given ?? '', 'hex')
    return Buffer.from(expected, 'hex').subarray(0, bytes.length).equals(bytes)
  }
  if (bug === 'index-of') return expected.indexOf(given ?? '') === 0
  if (bug === 'locale-compare') return expected.localeCompare(given ?? '', 'en', { sensitivity: 'base', ignorePunctuation: true }) === 0
  if (bug === 'slice-of-length') return expected.slice(0, (given ?? '').length) === (given ?? '')
  if (bug === 'verified-by-key') return given === expected
  if (bug === 'lengths-throw') return timingSafeEqual(Buffer.from(given ?? ''), Buffer.from(expected))
  if (bug === 'good-hex') {
    const bytes = Buffer.from(given ?? '', 'hex')
    return bytes.length === 32 && timingSafeEqual(bytes, Buffer.from(expected, 'hex'))
  }
  const text = Buffer.from(given ?? '')
  return text.length === 64 + (bug === 'wants-prefix') * 7 && timingSafeEqual(text, Buffer.from(expected))
}

function read(bug, { topic, timestamp, data }) {
  if (['lower-of-null', 'errors-are-200', 'shows-stack'].includes(bug) && 'customer_id' in data) data.customer_id.toLowerCase()
  if (bug === 'no-items' && topic === 'receipt.receipt_validated') return data.items[0].description
  if (bug === 'reduce-of-nothing' && topic === 'receipt.receipt_validated') data.items.map((each) => each.amount).reduce((a, b) => a + b)
  if (bug === 'alias-undefined' && topic === 'form.surveycake_submitted') return data.answer.alias.maac_member_mobile[0]
  if (bug === 'default-throws' && !/^(receipt|form|pnp|prize|message)\./.test(topic)) throw new Error(topic)
  if (bug === 'status-table' && data.status) return { preparing: 1, accepted: 1, delivered: 1, failed: 1 }[data.status.split('_').pop()].toFixed()
  if (bug === 'question-types' && topic === 'form.surveycake_submitted') {
    for (const each of data.answer.result) ({ TXTSHORT: 1, TXTLONG: 1, CHOICEONE: 1, CHOICEMULTI: 1 })[each.type].toFixed()
  }
  if (bug === 'plus-eight' && !timestamp.endsWith('+08:00')) throw new Error(timestamp)
  if (bug === 'closed-schema' && Object.keys(data).length > { receipt: 9, form: 5, pnp: 17, prize: 8, message: 4 }[topic.split('.')[0]]) throw new Error('additional')
  if (bug === 'short-text' && JSON.stringify(data.channel ?? data.campaign_name ?? '').length > 202) throw new Error('too long')
  return topic
}

function isNew(bug, state, key, event, body) {
  const known = {
    'by-hash-of-body': createHash('sha256').update(body).digest('hex'),
    'by-line-uid': event.topic + (event.data.line_uid ?? key),
    'key-as-number': String(Number('0x' + key.slice(0, 8)) % 1000),
    'key-parsed': String(parseInt(key, 10)),
  }[bug] ?? key
  if (bug === 'by-topic-slot') {
    const last = state.byTopic[event.topic]
    state.byTopic[event.topic] = key
    return last !== key
  }
  if (bug === 'handles-each' || (bug === 'ttl-of-two-seconds' && setTimeout(() => state.seen.delete(known), 2000) === null)) return true
  if (state.seen.has(known)) return false
  state.seen.add(known)
  if (bug === 'map-of-fifty' && state.seen.size > 50) state.seen.delete(state.seen.values().next().value)
  return true
}

async function take(bug, state, key, event, body, response) {
  const work = () => appendFileSync(`${folder}/${bug}.log`, key + '\n')
  if (bug === 'has-await-add') {
    if (state.seen.has(key)) return
    await later(20)
    work()
    state.seen.add(key)
    return
  }
  if (bug === 'duplicate-hangs' && state.seen.has(key)) await later(60_000)
  read(bug, event)
  if (!isNew(bug, state, key, event, body)) return
  if (bug === 'work-if-still-there') {
    await later(150)
    if (response.destroyed || response.socket?.destroyed) return
  }
  if (bug === 'works-in-parts') work()
  work()
}

async function bodyOf(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function answer(bug, request, response) {
  const state = stateOf(bug)
  if (request.method === 'GET' && bug === 'get-hangs') await later(60_000)
  const limit = bug === 'limit-100kb' ? 100 * 1024 : 5 * 1024 * 1024
  const body = await bodyOf(request)
  if (request.method !== 'POST') return [405]
  if (body.length > limit) return [413]
  const given = request.headers['cresclab-signature']
  const key = request.headers['cresclab-idempotency-key'] ?? ''
  if (bug === 'seen-before-signed' && state.seen.has(key)) return [200]
  if (bug === 'noted-before-signed') state.verified.add(key)
  const trusted = bug === 'verified-by-key' && state.verified.has(key)
  if (!trusted && !isSigned(bug, body, given)) {
    if (bug === 'shows-digest') return [401, JSON.stringify({ expected: digestOf(bug, body), given })]
    if (bug === 'refuses-302') return [302, '', { Location: '/login' }]
    if (bug === 'refuses-400-late') await later(60_000)
    if (bug === 'noted-before-signed') state.seen.add(key)
    if (bug === 'no-return-after-401') await take(bug, state, key, JSON.parse(body), body, response)
    return [401]
  }
  if (bug === 'verified-by-key') state.verified.add(key)
  const event = JSON.parse(body)
  if (bug === 'answers-201') return await take(bug, state, key, event, body, response), [201]
  if (bug === 'slow-for-all') await later(7000)
  if (bug === 'one-at-a-time' && state.busy.size) return [503]
  state.busy.add(key)
  if (bug === 'one-at-a-time') await later(10)
  try {
    await take(bug, state, key, event, body, response)
  } finally {
    state.busy.delete(key)
  }
  return [200]
}

const server = createServer((request, response) => {
  const bug = lethal || request.url.split('/')[1]
  const answered = answer(bug, request, response)
  if (lethal) return answered.then(([status]) => response.writeHead(status).end())
  answered
    .catch((error) => {
      if (bug === 'errors-are-200') return [200, JSON.stringify({ error: 'internal' })]
      if (bug === 'shows-stack') return [500, `${error.stack} ${secret}`]
      return [500]
    })
    .then(([status, text = '', headers = {}]) => {
      response.writeHead(status, { 'Content-Length': Buffer.byteLength(text), ...headers }).end(text)
    })
})
server.listen(0, '127.0.0.1', 511, () => console.log(server.address().port))
process.stdin.resume().on('end', () => process.exit()) // It ends with its standard input.
