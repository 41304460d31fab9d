// What is done with the clients of Elasticsearch and of OpenSearch alike.

export async function exercise(client, name, bodyOf) {
  const about = bodyOf(await client.info());
  if (!about.version.number) throw new Error(`info: ${JSON.stringify(about)}`);
  await client.ping();
  if (bodyOf(await client.cluster.health()).status !== "green") throw new Error("health");

  const documents = Array.from({ length: 50 }, (_, i) => ({ "@timestamp": new Date(1795339839000 + i).toISOString(), message: `${name} ${i}` }));
  const dropped = [];
  for (let again = 0; again < 2; again++) { // a retry of everything
    const told = await client.helpers.bulk({
      datasource: documents,
      flushBytes: 1000,
      onDocument: (document) => ({ create: { _index: `logs-${name}-default`, _id: document.message } }),
      onDrop: (drop) => dropped.push(drop),
    });
    if (told.successful !== documents.length || told.failed !== 0 || dropped.length > 0) {
      throw new Error(`${JSON.stringify(told)} ${JSON.stringify(dropped)}`);
    }
  }

  const body = [{ index: { _index: name, _id: `${name}-good` } }, { message: `${name} good` }, { delete: { _index: name, _id: "x" } }];
  const answer = bodyOf(await client.bulk(name === "elastic" ? { operations: body } : { body }));
  const [good, gone] = [answer.items[0].index, answer.items[1].delete];
  if (!answer.errors || good.status !== 201 || gone.status !== 400 || !gone.error.reason) throw new Error(JSON.stringify(answer));
}
