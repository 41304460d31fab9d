// Sends events with Splunk's own client: node splunk.mjs URL TOKEN. Fails when the
// client is told anything but success, or success for a wrong token.
import splunk from "splunk-logging";

const [url, token] = process.argv.slice(2);

function send(logger, event) {
  return new Promise((resolve, reject) => {
    logger.error = reject;
    logger.send(event, (error, _response, body) => (error ? reject(error) : resolve(body)));
  });
}

function flush(logger) {
  return new Promise((resolve, reject) => {
    logger.error = reject;
    logger.flush((error, _response, body) => (error ? reject(error) : resolve(body)));
  });
}

function isSuccess(body) {
  if (body?.code !== 0 || body?.text !== "Success") throw new Error(`answer ${JSON.stringify(body)}`);
}

const metadata = { source: "client", sourcetype: "_json", index: "main", host: "web-1" };
isSuccess(await send(new splunk.Logger({ url, token }), { message: { category: "data_access", user: "ana", id: "splunk-1" }, metadata, severity: "info" }));
isSuccess(await send(new splunk.Logger({ url, token }), { message: "a line of text", metadata, severity: "warn" }));

const batch = new splunk.Logger({ url, token, maxBatchCount: 0, batchInterval: 0 });
for (let i = 0; i < 20; i++) batch.send({ message: { text: `batched ${i}` }, metadata });
isSuccess(await flush(batch));

const refused = await send(new splunk.Logger({ url, token: "wrong", maxRetries: 0 }), { message: "x" }).then(
  (body) => body,
  (error) => error,
);
if (refused?.code !== 4) throw new Error(`a wrong token: ${JSON.stringify(refused)} ${refused}`);
