// Sends documents with Elastic's own client: node elastic.mjs URL TOKEN. Fails when the
// client takes the server for another product, or is told something wrong.
import { Client } from "@elastic/elasticsearch";
import { exercise } from "./documents.mjs";

const [url, token] = process.argv.slice(2);

const client = new Client({ node: url, auth: { apiKey: token } });
await exercise(client, "elastic", (answer) => answer);
const byPassword = new Client({ node: url, auth: { username: "tocsin", password: token } });
if ((await byPassword.info()).tagline !== "You Know, for Search") throw new Error("no information by password");
await new Client({ node: url, auth: { apiKey: "wrong" }, maxRetries: 0 }).bulk({ operations: [{ create: {} }, {}] }).then(
  () => {
    throw new Error("a wrong key is taken");
  },
  (error) => {
    if (error.statusCode !== 401) throw error;
  },
);
