// Create two keys, list, toggle, delete one, delete all, receipt: with the generated client, against the API at PROXY_KEYS_URL. Deletes all keys there.
import { Configuration, CreationApi, DeletionApi, ReviewApi, ToggleApi } from "./index";

// The client reads money as a double. toFixed(6) gives the digits back that were sent, up to 9,007,199,254.740991; from then on
// compute with millionths.
const millionths = (amount: number): bigint => BigInt(amount.toFixed(6).replace(".", ""));
const left = (key: { allocatedAmmount: number; usedAmmount: number }): bigint => millionths(key.allocatedAmmount) - millionths(key.usedAmmount);
const sum = (keys: { allocatedAmmount: number; usedAmmount: number }[]): bigint => keys.map(left).reduce((a, b) => a + b, 0n);

function expect(actual: unknown, wanted: unknown): void {
  if (actual !== wanted) {
    throw new Error(`${actual} instead of ${wanted}`);
  }
}

async function main(): Promise<void> {
  const configuration = new Configuration({ basePath: process.env.PROXY_KEYS_URL, accessToken: process.env.PROXY_KEYS_TOKEN });
  const creation = new CreationApi(configuration);
  const deletion = new DeletionApi(configuration);
  const review = new ReviewApi(configuration);
  const toggle = new ToggleApi(configuration);

  for (const amount of [12.345678, 0.5]) {
    await creation.createProxyKey({ keyToCreate: { name: "flow.ts", allocatedAmmount: amount } });
  }
  const keys = await review.listProxyKeys();
  console.log(`${keys.length} keys`);
  const [first, ...rest] = keys;
  console.log("active:", (await toggle.toggleProxyKey({ keyToToggle: { proxyKey: first.key, isActive: false } })).status);

  const one = await deletion.deleteProxyKey({ keysToRemove: { proxyKey: first.key }, idempotencyKey: `one-${Date.now()}` });
  expect(millionths(one.creditsReturned), left(first));
  const all = await deletion.deleteAllProxyKeys({ idempotencyKey: `all-${Date.now()}` });
  expect(millionths(all.creditsReturned), sum(rest));
  expect(all.deleted, rest.length);

  const receipt = await review.readReceipt({ id: all.revocationId });
  expect(receipt.keys.map(key => key.key).sort().join(), rest.map(key => key.key).sort().join());
  expect(millionths(receipt.creditsReturned), sum(receipt.keys));
  console.log(`${all.deleted} keys deleted, ${all.creditsReturned.toFixed(6)} credits returned, exactly what they had left`);
}

main().catch(failure => {
  console.error(failure);
  process.exit(1);
});
