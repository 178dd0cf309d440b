// What node's stripe takes to verify and read one event of the same size, in microseconds of CPU.
// It refuses to measure stripe's HTTP client: node bench/webhook.js FILE COUNT (NODE_PATH finds it).
const stripe = require("stripe")("sk_test_0");
const body = require("fs").readFileSync(process.argv[2]);
const count = Number(process.argv[3]);
const secret = "kassa-test-signing-key-0001";
const header = stripe.webhooks.generateTestHeaderString({ payload: body.toString(), secret });

function run(times) {
  for (let i = 0; i < times; i++) stripe.webhooks.constructEvent(body, header, secret);
}

run(20000);
const before = process.cpuUsage();
run(count);
const { user, system } = process.cpuUsage(before);
console.log(((user + system) / count).toFixed(3));
