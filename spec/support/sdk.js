// Runs every operation of Klarna through Cybersource with the official node SDK against a sandbox,
// and prints one line for each: its name, the status. It refuses to go on after the first error.
//
//   node sdk.js FOLDER-OF-NODE_MODULES HOST:PORT MERCHANT KEY-ID SECRET http_signature|jwt

const [folder, host, merchant, keyId, secret, scheme] = process.argv.slice(2);
const sdk = require(folder + '/node_modules/cybersource-rest-client');

const config = {
  authenticationType: scheme, jwtKeyType: 'SHARED_SECRET', runEnvironment: host,
  intermediateHost: 'http://' + host, merchantID: merchant, merchantKeyId: keyId,
  merchantsecretKey: secret, logConfiguration: { enableLog: false },
};

function call(api, method, ...args) {
  const instance = new sdk[api](config, new sdk.ApiClient());
  return new Promise((resolve, reject) => {
    instance[method](...args, (error, data, response) => {
      if (error) {
        const said = error.response ? error.status + ' ' + error.response.text : error;
        return reject(new Error(method + ': ' + said));
      }
      const answer = JSON.parse(response.text);
      console.log(method, answer.status);
      resolve(answer);
    });
  });
}

// The shopper, through the sandbox's control.
async function approve(id) {
  const answer = await fetch('http://' + host + '/_sandbox/approve', {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ args: [id] }),
  });
  return (await answer.json()).result.auth_token;
}

const klarna = { paymentType: { name: 'INVOICE', method: { name: 'KLARNA' } } };

function body(action, more, processing) {
  return {
    clientReferenceInformation: { code: 'order-1001' }, paymentInformation: klarna,
    processingInformation: { actionList: [action], ...processing }, ...more,
  };
}

function money(totalAmount) {
  return { orderInformation: { amountDetails: { totalAmount, currency: 'USD' } } };
}

function order(totalAmount) {
  return { orderInformation: {
    amountDetails: { totalAmount, currency: 'USD', taxAmount: '0' },
    billTo: { country: 'US', postalCode: '43215', administrativeArea: 'OH' },
    lineItems: [{ productName: 'Pen', quantity: 1, unitPrice: totalAmount, totalAmount }],
  } };
}

const urls = { merchantInformation: { successUrl: 'https://shop.example/ok',
  cancelUrl: 'https://shop.example/cancel', failureUrl: 'https://shop.example/failed' } };

function session(mode, type, total) {
  return body('AP_SESSIONS', { ...urls, ...order(total) },
    { paymentFlowMode: mode, sessionType: type });
}

function authorization(token, total, linkId) {
  return body('AP_AUTH', { ...order(total), processorInformation: { preApprovalToken: token } },
    linkId ? { linkId } : {});
}

async function authorized(total) {
  const made = await call('PaymentsApi', 'createSessionRequest', session('HOP', 'N', total));
  const token = await approve(made.id);
  const one = await call('PaymentsApi', 'createPayment', authorization(token, total));
  return { session: made, token, one };
}

async function run() {
  const first = await authorized('100.00');
  const check = (step) =>
    call('PaymentsApi', 'refreshPaymentStatus', step.id, body('AP_STATUS'));
  await call('PaymentsApi', 'createSessionRequest', session('inline', 'N', '100.00'));
  await call('PaymentsApi', 'updateSessionRequest', session('HOP', 'U', '90.00'),
    first.session.id);
  const followed = await call('PaymentsApi', 'createPayment',
    authorization(first.token, '90.00', first.one.id));
  const capture = await call('CaptureApi', 'capturePayment', body('AP_CAPTURE', money('60.00')),
    followed.id);
  const refund = await call('RefundApi', 'refundPayment', body('AP_REFUND', money('10.00')),
    capture.id);
  const other = await call('RefundApi', 'refundCapture', body('AP_REFUND', money('5.00')),
    capture.id);
  const second = await authorized('40.00');
  const reversal = await call('ReversalApi', 'authReversal', second.one.id,
    body('AP_AUTH_REVERSAL'));
  for (const step of [first.session, followed, capture, refund, other, reversal]) {
    await check(step);
  }
}

run().catch((error) => {
  console.log('error', error.message);
  process.exitCode = 1;
});
