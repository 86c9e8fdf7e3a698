// Operations of the generic OData client `@odata/client`, unpatched, against a running emulator.
const { OData } = require("@odata/client");
const { attempt, url, reference } = require("./attempt.cjs");

const client = OData.New4({
  serviceEndpoint: `${url}/api/data/v9.2/`,
  metadataUri: `${url}/api/data/v9.2/$metadata`,
  commonHeaders: { Authorization: "Bearer emulator" },
});

async function main() {
  const set = client.getEntitySet("connectionreferences");
  await attempt("create", () => set.create(reference("o_one")), () => true);
  const filter = client.newFilter().property("connectionreferencelogicalname").eq("o_one");
  const rows = await attempt("query", () => set.query(client.newParam().filter(filter)),
    (found) => found.length === 1);
  const id = rows?.[0]?.connectionreferenceid;
  await attempt("find", () => set.find({ connectionreferencelogicalname: "o_one" }),
    (found) => found.length === 1);
  await attempt("count", () => set.count(), (found) => Number(found) === 1);
  await attempt("order and top", () => client.getEntitySet("systemusers").query(
    client.newParam().orderby("fullname", "asc").top(2).select("fullname")),
    (found) => found.length === 2 && found[0].fullname.startsWith("#"));
  // Its change sets have no Content-ID, which the service demands; reads alone are tried.
  await attempt("batch", async () => {
    const responses = await client.execBatchRequests([
      client.newBatchRequest({ collection: "systemusers", params: client.newParam().top(1) }),
      client.newBatchRequest({ collection: "connectionreferences", params: client.newParam() }),
    ]);
    return Promise.all(responses.map((response) => response.status));
  }, (found) => found.join() === "200,200");
  await attempt("delete", () => set.delete(id), () => true);
}

main();
