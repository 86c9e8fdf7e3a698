// Operations of `dataverse-webapi`, unpatched, against a running emulator.
const { attempt, url, reference, BOB, OPERATIONS } = require("./attempt.cjs");

const set = "connectionreferences";
const key = "connectionreferencelogicalname";

async function main() {
  const api = await import("dataverse-webapi/lib/node");
  const config = new api.WebApiConfig("9.2", "emulator", url);
  const id = await attempt("create", () => api.create(config, set, reference("w_one")),
    (found) => /[0-9a-f-]{36}/.test(found));
  const guid = /[0-9a-f-]{36}/.exec(id ?? "")?.[0];
  await attempt("createWithReturnData", () => api.createWithReturnData(config, set,
    reference("w_two"), `$select=${key}`), (row) => row[key] === "w_two");
  await attempt("retrieve", () => api.retrieve(config, set, guid, `$select=${key}`),
    (row) => row[key] === "w_one");
  await attempt("retrieveAlternateKey", () => api.retrieveAlternateKey(config, set,
    `${key}='w_two'`), (row) => row[key] === "w_two");
  await attempt("retrieveMultiple annotations", () => api.retrieveMultiple(config, "systemusers",
    "$select=isdisabled", { includeFormattedValues: true }), (found) => found.value.length === 5);
  const page = await attempt("retrieveMultiple page", () => api.retrieveMultiple(config,
    "systemusers", "$select=fullname", { maxPageSize: 3 }),
    (found) => found.value.length === 3 && found["@odata.nextLink"]);
  await attempt("retrieveMultipleNextPage", () => api.retrieveMultipleNextPage(
    // Its own: the client keeps the page's address in it for whatever comes next.
    new api.WebApiConfig("9.2", "emulator", url), page?.["@odata.nextLink"], { maxPageSize: 3 }), (found) => found.value.length === 2);
  await attempt("retrieveMultiple fetchXml", () => api.retrieveMultiple(config, "systemusers",
    "fetchXml=" + encodeURIComponent('<fetch top="1"><entity name="systemuser"><attribute ' +
    'name="fullname"/><order attribute="fullname"/></entity></fetch>')),
    (found) => found.value.length === 1 && found.value[0].fullname === "# pulumi-deploy");
  await attempt("update", () => api.update(config, set, guid, { description: "x" }), () => true);
  await attempt("updateWithReturnData", () => api.updateWithReturnData(config, set, guid,
    { description: "y" }, "$select=description"), (row) => row.description === "y");
  await attempt("updateProperty", () => api.updateProperty(config, set, guid, "description", "z"),
    () => true);
  await attempt("updateProperty took", () => api.retrieve(config, set, guid),
    (row) => row.description === "z");
  await attempt("deleteProperty", () => api.deleteProperty(config, set, guid, "description"),
    () => true);
  await attempt("associate", () => api.associate(config, "teams", OPERATIONS,
    "teammembership_association", "systemusers", BOB), () => true);
  await attempt("disassociate", () => api.disassociate(config, "teams", OPERATIONS,
    "teammembership_association", BOB), () => true);
  await attempt("unboundFunction", () => api.unboundFunction(config, "WhoAmI"),
    (found) => found.UserId);
  await attempt("boundFunction", () => api.boundFunction(config, "systemusers", BOB,
    "RetrieveUserPrivileges"), (found) => found.RolePrivileges.length > 20);
  await attempt("unboundAction", () => api.unboundAction(config, "PublishAllXml"), () => true);
  await attempt("deleteRecord", () => api.deleteRecord(config, set, guid), () => true);
}

main();
