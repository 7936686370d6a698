// Lets Node's own test runner run what was written for Jest: node --import ./globals.mjs --test
import { afterEach, beforeEach, test } from 'node:test'

Object.assign(globalThis, { afterEach, beforeEach, test })
