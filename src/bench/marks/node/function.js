// Delete-all as a Node function: the same settings, token, SQL, answer and priming as the function of this project, without
// everything else that it does. src/docs/performance.md has the command.
import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { createLocalJWKSet, jwtVerify } from 'jose';
import pg from 'pg';

const env = process.env;
const LOCK = { name: 'lock', text: 'SELECT id FROM lock_account_for_change($1)' };
const REVOKE = {
  name: 'revoke',
  text: `SELECT outcome, receipt, keys_deleted, credits_returned, balance_after, revoked_at
           FROM carry_out_revocation(receipt_id => $1, account_id => $2, operation => 'all', target_id => NULL, target_hash => NULL,
                    dedupe_key => NULL, requested_by => 'node', block_seconds => 0, bucket => 'none', calls_per_minute => 0, burst => 1)`,
};

async function connect() {
  const url = new URL(env.QUARKUS_DATASOURCE_REACTIVE_URL);
  const bundle = env.QUARKUS_DATASOURCE_REACTIVE_TRUST_CERTIFICATE_PEM_CERTS;
  const client = new pg.Client({
    host: url.hostname, port: url.port, database: url.pathname.slice(1), user: env.QUARKUS_DATASOURCE_USERNAME,
    password: env.QUARKUS_DATASOURCE_PASSWORD, ssl: bundle ? { ca: fs.readFileSync(bundle, 'utf8') } : false,
  });
  await client.connect();
  return client;
}

function fetchKeys() {
  const location = env.MP_JWT_VERIFY_PUBLICKEY_LOCATION;
  if (location.startsWith('file:')) {
    return createLocalJWKSet(JSON.parse(fs.readFileSync(fileURLToPath(location), 'utf8')));
  }
  const ca = env.QUARKUS_TLS_TRUST_STORE_PEM_CERTS && fs.readFileSync(env.QUARKUS_TLS_TRUST_STORE_PEM_CERTS, 'utf8');
  return new Promise((resolve, reject) => https.get(location, { ca }, async (response) => {
    let document = '';
    for await (const part of response) document += part;
    resolve(createLocalJWKSet(JSON.parse(document)));
  }).on('error', reject));
}

async function revoke(account) {
  try {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
    const locked = await client.query({ ...LOCK, values: [account] });
    const { rows } = await client.query({ ...REVOKE, values: [randomUUID(), account] });
    if (locked.rows.length === 0) throw new Error('unknown account');
    await client.query('COMMIT');
    return rows[0];
  } catch (failure) {
    await client.query('ROLLBACK');
    throw failure;
  }
}

async function handle(event) {
  const token = event.headers.authorization.slice('Bearer '.length);
  const { payload } = await jwtVerify(token, keys, {
    issuer: env.MP_JWT_VERIFY_ISSUER, audience: env.MP_JWT_VERIFY_AUDIENCES, algorithms: ['RS256'],
  });
  if (!payload.scope.split(' ').includes('proxy_keys:delete')) return { statusCode: 403 };
  const row = await revoke(payload.sub);
  const body = `{"deleted":${row.keys_deleted},"credits_returned":${row.credits_returned},"balance":${row.balance_after},`
    + `"receipt":${JSON.stringify(row.receipt)},"revoked_at":${row.revoked_at}}`;
  return { statusCode: 200, headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }, body };
}

const runtime = new http.Agent({ keepAlive: true, maxSockets: 1 });

function ask(method, path, body) {
  const [host, port] = env.AWS_LAMBDA_RUNTIME_API.split(':');
  return new Promise((resolve, reject) => http.request({
    host, port, method, path: `/2018-06-01/runtime/invocation/${path}`, agent: runtime,
    headers: body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) },
  }, async (response) => {
    let text = '';
    for await (const part of response) text += part;
    resolve({ id: response.headers['lambda-runtime-aws-request-id'], text });
  }).on('error', reject).end(body));
}

const [client, keys] = await Promise.all([connect(), fetchKeys()]);
await revoke('').catch(() => 'there is no such account');

for (;;) {
  const { id, text } = await ask('GET', 'next');
  const answer = await handle(JSON.parse(text)).catch((failure) => ({ statusCode: 500, body: String(failure) }));
  await ask('POST', `${id}/response`, JSON.stringify(answer));
}
