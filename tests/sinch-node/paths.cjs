// Goes every way that Sinch's client library has to verify a number by flash call, against a platform that runs. The library is the one that
// its users have; only the address is another. Ends with 0 when all went as it should.
//
// PLATFORM          the gateway's address
// HANDSET           the handset's, which has the phones
// KEY, SECRET       the application's key and its signing secret, base64
// CALLBACK_PORT     where this listens for callbacks: the application's callbackUrl is http://127.0.0.1:PORT/callbacks
// PHONES            three numbers that are nobody else's, with commas between them
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { once } = require('node:events');
const { SinchClient, Verification, VerificationCallbackWebhooks } = require('@sinch/sdk-core');

const { PLATFORM, HANDSET, KEY, SECRET, CALLBACK_PORT, PHONES } = process.env;
const [first, second, third] = PHONES.split(',');
const start = Verification.startVerificationHelper;
const byId = Verification.reportVerificationByIdHelper;
const byNumber = Verification.reportVerificationByIdentityHelper;

const sinch = new SinchClient({ applicationKey: KEY, applicationSecret: SECRET, verificationHostname: PLATFORM });
const { verifications, verificationStatus } = sinch.verification;
const callback = new VerificationCallbackWebhooks({ applicationKey: KEY, applicationSecret: SECRET });

/** The application's backend: checks who calls it back, and says yes but to the third phone. */
class Backend {
  events = [];
  #waiting = [];

  async listen(port) {
    this.server = http.createServer((request, response) => this.#take(request, response));
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** The event of a session, once it has come. */
  async eventOf(id, kind) {
    const deadline = AbortSignal.timeout(20_000);
    for (;;) {
      const event = this.events.find((one) => one.id === id && one.event === kind);
      if (event) return event;
      await new Promise((resolve, reject) => {
        this.#waiting.push(resolve);
        deadline.addEventListener('abort', () => reject(new Error(`No ${kind} of ${id} came within 20 s.`)));
      });
    }
  }

  async #take(request, response) {
    let body = '';
    for await (const part of request) body += part;
    // As frameworks have it that parse bodies by themselves: written anew, it is the same.
    const again = JSON.stringify(JSON.parse(body));
    if (!callback.validateAuthenticationHeader(request.headers, again, request.url, request.method)) {
      response.writeHead(401).end();
      this.events.push({ event: 'not genuine', body });
    } else {
      const event = callback.parseEvent(JSON.parse(body));
      this.events.push(event);
      const action = event.identity.endpoint === third ? 'deny' : 'allow';
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(
        event.event === 'VerificationRequestEvent' ? JSON.stringify({ action, flashCall: { interceptionTimeout: 33 } }) : '');
    }
    this.#waiting.splice(0).forEach((resolve) => resolve());
  }
}

/** The number that calls a phone, once it has rung so often; the newest call comes first. */
async function callTo(phone, nth = 0) {
  for (let i = 0; i < 20; i++) {
    const response = await fetch(`${HANDSET}/phones/${encodeURIComponent(phone)}/calls?wait=20`);
    const calls = await response.json();
    if (calls.length > nth) return calls[0].callerId;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('The phone did not ring.');
}

/** What Android makes of a filter: patterns in parentheses, the rest as it stands. */
function matches(cliFilter, callerId) {
  const pattern = cliFilter.split(/(\([^)]*\))/)
    .map((part) => (part.startsWith('(') ? part : part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('');
  return new RegExp(`^${pattern}$`).test(callerId);
}

/** A start without the library, by a phone or a backend that does not sign. */
async function startWith(authorization, phone, more = {}) {
  const response = await fetch(`${PLATFORM}/verification/v1/verifications`, {
    method: 'POST',
    headers: { Authorization: authorization, 'Content-Type': 'application/json', 'Accept-Language': 'sv-SE' },
    body: JSON.stringify({ identity: { type: 'number', endpoint: phone }, method: 'flashCall', ...more }),
  });
  return { status: response.status, body: await response.json() };
}

const wrong = (callerId) => callerId.slice(0, -1) + ((Number(callerId.at(-1)) + 1) % 10);

async function reportByIdAndLookUp() {
  const started = await verifications.startFlashCall(start.buildFlashCallRequest(first, 'order-1', 15, 40));
  assert.equal(started.method, 'flashcall');
  assert.deepEqual([started.flashCall.denyCallAfter, started._links.map((link) => link.rel)], [0, ['status', 'report']]);
  // From the answer on, and the machine may have been slow to give it.
  assert.ok(started.flashCall.interceptionTimeout > 30 && started.flashCall.interceptionTimeout <= 40);
  assert.ok(started.flashCall.reportTimeout >= started.flashCall.interceptionTimeout);
  const callerId = await callTo(first);
  assert.ok(matches(started.flashCall.cliFilter, callerId), 'the filter fits the number that calls');

  assert.equal((await verificationStatus.getById({ id: started.id })).status, 'PENDING');
  const failed = await verifications.reportFlashCallById(byId.buildFlashCallRequest(started.id, wrong(callerId)));
  assert.deepEqual([failed.status, failed.reason, failed.reference], ['FAIL', 'Invalid CLI', 'order-1']);
  const verified = await verifications.reportFlashCallById(byId.buildFlashCallRequest(started.id, callerId));
  assert.deepEqual([verified.id, verified.status, verified.identity.endpoint], [started.id, 'SUCCESSFUL', first]);

  const looks = [
    await verificationStatus.getById({ id: started.id }),
    await verificationStatus.getByIdentity({ endpoint: first, method: 'flashcall' }),
    await verificationStatus.getByIdentity({ endpoint: first, method: 'flashCall' }),
    await verificationStatus.getByReference({ reference: 'order-1' }),
  ];
  for (const look of looks) {
    assert.deepEqual([look.id, look.status, look.method, look.countryId], [started.id, 'SUCCESSFUL', 'flashcall', 'SE']);
    assert.ok(Math.abs(Date.now() - look.verificationTimestamp.getTime()) < 60_000, 'the time is in UTC');
    assert.equal(look.price.verificationPrice.amount, 0);
  }
  const told = await backend.eventOf(started.id, 'VerificationResultEvent');
  assert.deepEqual([told.status, told.reference, told.identity.endpoint], ['SUCCESSFUL', 'order-1', first]);
  assert.ok(!backend.events.some((event) => event.event === 'VerificationRequestEvent' && event.id === started.id), 'who signs is not asked');
}

async function reportByNumberAndStartAnew() {
  const superseded = await verifications.startFlashCall(start.buildFlashCallRequest(second, 'order-2'));
  await callTo(second);
  const started = await verifications.startFlashCall(start.buildFlashCallRequest(second, 'order-3'));
  const callerId = await callTo(second, 1);
  const verified = await verifications.reportFlashCallByIdentity(byNumber.buildFlashCallRequest(second, callerId));
  assert.deepEqual([verified.id, verified.status], [started.id, 'SUCCESSFUL']);
  assert.equal((await verificationStatus.getByReference({ reference: 'order-2' })).status, 'ABORTED');
  assert.equal((await backend.eventOf(superseded.id, 'VerificationResultEvent')).status, 'ABORTED');
}

async function errors() {
  const failures = [
    [409, () => verifications.startFlashCall(start.buildFlashCallRequest(second, 'order-3'))],
    [400, () => verifications.startFlashCall(start.buildFlashCallRequest('46701234567'))],
    [404, () => verificationStatus.getById({ id: '0199aaaa-0000-7000-8000-000000000000' })],
    [404, () => verifications.reportFlashCallByIdentity(byNumber.buildFlashCallRequest(second, '+442079460000'))],
    [401, () => new SinchClient({ applicationKey: KEY, applicationSecret: 'd3Jvbmc=', verificationHostname: PLATFORM })
      .verification.verificationStatus.getById({ id: '1' })],
  ];
  for (const [status, act] of failures) {
    const error = await act().then(() => null, (thrown) => thrown);
    assert.equal(error?.statusCode, status, `expected ${status}, got ${error}`);
    assert.equal(Math.floor(JSON.parse(error.data).errorCode / 100), status);
  }
}

async function callbacks() {
  const basic = `Basic ${Buffer.from(`${KEY}:${SECRET}`).toString('base64')}`;
  const allowed = await startWith(basic, second, { reference: 'order-4', custom: 'blå+', honourEarlyReject: null, metadata: null });
  assert.equal(allowed.status, 200);
  assert.ok(allowed.body.flashCall.interceptionTimeout > 20 && allowed.body.flashCall.interceptionTimeout <= 33);
  const asked = await backend.eventOf(allowed.body.id, 'VerificationRequestEvent');
  assert.deepEqual([asked.method, asked.reference, asked.custom, asked.acceptLanguage], ['flashcall', 'order-4', 'blå+', ['sv-SE']]);

  const denied = await startWith(`Application ${KEY}`, third, { reference: 'order-5' });
  assert.deepEqual([denied.status, denied.body.errorCode], [403, 40300]);
  const look = await verificationStatus.getByReference({ reference: 'order-5' });
  assert.deepEqual([look.status, look.reason], ['DENIED', 'Denied by callback']);
  const told = await backend.eventOf(look.id, 'VerificationResultEvent');
  assert.deepEqual([told.status, told.reason], ['DENIED', 'Denied by callback']);

  // Android's, of a phone that knows no secret.
  const telemetry = await fetch(`${PLATFORM}/verification/v1/verifications/number/${second}`, {
    method: 'PATCH',
    headers: { Authorization: `Application ${KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ method: 'flashcall', data: { lateCall: true, noCall: false } }),
  });
  assert.ok(telemetry.ok);
}

const backend = new Backend();

async function main() {
  await backend.listen(Number(CALLBACK_PORT));
  for (const path of [reportByIdAndLookUp, reportByNumberAndStartAnew, errors, callbacks]) {
    await path();
    console.log(`passed: ${path.name}`);
  }
  assert.deepEqual(backend.events.filter((event) => event.event === 'not genuine'), []);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  });
