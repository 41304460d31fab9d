// Sends documents with OpenSearch's own client: node opensearch.mjs URL TOKEN.
import { Client } from "@opensearch-project/opensearch";
import { exercise } from "./documents.mjs";

const [url, token] = process.argv.slice(2);

const client = new Client({ node: url, auth: { username: "tocsin", password: token } });
await exercise(client, "opensearch", (answer) => answer.body);
