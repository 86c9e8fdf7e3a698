// Operations of `dynamics-web-api`, unpatched, against a running emulator.
const { DynamicsWebApi } = require("dynamics-web-api");
const { attempt, url, reference, ALICE, BOB, OPERATIONS } = require("./attempt.cjs");

const api = new DynamicsWebApi({
  serverUrl: url,
  dataApi: { version: "9.2" },
  onTokenRefresh: async () => "emulator",
});
const collection = "connectionreferences";
const key = "connectionreferencelogicalname";
const names = (found) => found.value.map((row) => row[key]).sort().join();

async function main() {
  const id = await attempt("create", () => api.create({ collection, data: reference("d_one") }),
    (found) => /^[0-9a-f-]{36}$/.test(found));
  await attempt("create returnRepresentation", () => api.create({
    collection, data: reference("d_two"), returnRepresentation: true, select: [key] }),
    (row) => row[key] === "d_two");
  await attempt("retrieve", () => api.retrieve({ collection, key: id, select: [key] }),
    (row) => row[key] === "d_one");
  await attempt("retrieve annotations", () => api.retrieve({
    collection: "systemusers", key: ALICE,
    includeAnnotations: "*" }), (row) => row.isdisabled_Formatted === "Enabled");
  await attempt("retrieve by alternate key", () => api.retrieve({
    collection, key: `${key}='d_two'`, select: [key] }), (row) => row[key] === "d_two");
  await attempt("retrieve expand", () => api.retrieve({ collection: "systemusers", key: ALICE,
    select: ["fullname"], expand: [{ property: "businessunitid", select: ["name"] }] }),
    (row) => row.businessunitid.name === "contoso");
  await attempt("retrieve navigationProperty", () => api.retrieve({ collection, key: id,
    navigationProperty: "owninguser", select: ["fullname"] }),
    (row) => row.fullname === "# pulumi-deploy");
  await attempt("retrieve navigation collection", () => api.retrieve({ collection: "systemusers",
    key: ALICE, navigationProperty: "systemuserroles_association", select: ["name"] }),
    (found) => found.value[0].name === "Environment Maker");
  await attempt("update", () => api.update({ collection, key: id,
    data: { connectionreferencedisplayname: "New" } }), (found) => found === true);
  await attempt("update returnRepresentation", () => api.update({ collection, key: id,
    data: { description: "x" }, returnRepresentation: true, select: ["description"] }),
    (row) => row.description === "x");
  await attempt("update bind null", () => api.update({ collection, key: id,
    data: { "CustomConnectorId@odata.bind": null } }), (found) => found === true);
  await attempt("updateSingleProperty", () => api.updateSingleProperty({ collection, key: id,
    fieldValuePair: { description: "single" } }), () => true);
  await attempt("updateSingleProperty took", () => api.retrieve({ collection, key: id }),
    (row) => row.description === "single" && row.connectionreferencedisplayname === "New");
  await attempt("deleteRecord property", () => api.deleteRecord({ collection, key: id,
    property: "description" }), () => true);
  await attempt("upsert creates by alternate key", () => api.upsert({ collection,
    key: `${key}='d_three'`, data: { connectionreferencedisplayname: "Three" } }), () => true);
  await attempt("upsert ifnonematch", () => api.upsert({ collection, key: id,
    data: { description: "never" }, ifnonematch: "*" }), (found) => found === null);
  await attempt("retrieveMultiple", () => api.retrieveMultiple({ collection, select: [key],
    filter: `startswith(${key},'d_')`, orderBy: [`${key} desc`] }),
    (found) => found.value.map((row) => row[key]).join() === "d_two,d_three,d_one");
  await attempt("retrieveMultiple top count", () => api.retrieveMultiple({ collection, top: 1,
    count: true }), (found) => found.value.length === 1 && found.oDataCount === 3);
  const page = await attempt("retrieveMultiple maxPageSize", () => api.retrieveMultiple({
    collection, maxPageSize: 2, select: [key] }),
    (found) => found.value.length === 2 && found.oDataNextLink);
  await attempt("retrieveMultiple next page", () => api.retrieveMultiple({ collection,
    maxPageSize: 2 }, page?.oDataNextLink), (found) => found.value.length === 1);
  await attempt("retrieveAll", () => api.retrieveAll({ collection, maxPageSize: 1,
    select: [key] }), (found) => names(found) === "d_one,d_three,d_two");
  await attempt("retrieveMultiple apply", () => api.retrieveMultiple({ collection,
    apply: "groupby((statecode),aggregate($count as n))" }),
    (found) => found.value.length === 1 && found.value[0].n === 3);
  await attempt("retrieveMultiple queryParams", () => api.retrieveMultiple({ collection,
    select: [key], filter: `${key} eq @p1`, queryParams: ["@p1='d_two'"] }),
    (found) => names(found) === "d_two");
  await attempt("retrieveMultiple lambda", () => api.retrieveMultiple({
    collection: "systemusers", select: ["fullname"],
    filter: "systemuserroles_association/any(r:r/name eq 'Environment Maker')" }),
    (found) => found.value.length === 4);
  await attempt("retrieveMultiple expand N:N", () => api.retrieveMultiple({ collection: "roles",
    select: ["name"], filter: "name eq 'Environment Maker'", expand: [
      { property: "systemuserroles_association", select: ["fullname"], filter:
        "fullname eq 'Alice Archer'" }] }),
    (found) => found.value[0].systemuserroles_association.length === 1);
  await attempt("retrieveMultiple trackChanges", () => api.retrieveMultiple({ collection,
    trackChanges: true }), (found) => found.oDataDeltaLink);
  await attempt("retrieveMultiple savedQuery", () => api.retrieveMultiple({ collection,
    savedQuery: id }), () => false);
  await attempt("retrieveMultiple userQuery", () => api.retrieveMultiple({ collection,
    userQuery: id }), () => false);
  await attempt("count", () => api.count({ collection }), (found) => found === 3);
  await attempt("count filter", () => api.count({ collection, filter: `${key} eq 'd_one'` }),
    (found) => found === 1);
  await attempt("countAll", () => api.countAll({ collection }), (found) => found === 3);
  const fetchXml = `<fetch><entity name="connectionreference"><attribute name="${key}"/>` +
    `<filter><condition attribute="${key}" operator="like" value="d_t%"/></filter>` +
    `<order attribute="${key}"/></entity></fetch>`;
  await attempt("fetch", () => api.fetch({ collection, fetchXml }),
    (found) => names(found) === "d_three,d_two");
  await attempt("fetch top", () => api.fetch({ collection,
    fetchXml: fetchXml.replace("<fetch>", '<fetch top="1">') }),
    (found) => names(found) === "d_three");
  await attempt("fetch aggregate", () => api.fetch({ collection, fetchXml:
    '<fetch aggregate="true"><entity name="connectionreference"><attribute alias="n" ' +
    'aggregate="count" name="connectionreferenceid"/></entity></fetch>' }),
    (found) => found.value[0].n === 3);
  await attempt("fetchAll", () => api.fetchAll({ collection, includeAnnotations: "*", fetchXml:
    fetchXml.replace("<fetch>", '<fetch count="1">') }), (found) => found.value.length === 2);
  await attempt("associate", () => api.associate({ collection: "teams", primaryKey: OPERATIONS,
    relationshipName: "teammembership_association", relatedCollection: "systemusers",
    relatedKey: BOB }), () => true);
  await attempt("associate took", () => api.retrieve({ collection: "teams", key: OPERATIONS,
    navigationProperty: "teammembership_association" }), (found) => found.value.length === 1);
  await attempt("disassociate", () => api.disassociate({ collection: "teams",
    primaryKey: OPERATIONS, relationshipName: "teammembership_association", relatedKey: BOB }),
    () => true);
  await attempt("associateSingleValued", () => api.associateSingleValued({ collection: "teams",
    primaryKey: OPERATIONS, navigationProperty: "administratorid",
    relatedCollection: "systemusers", relatedKey: BOB }), () => true);
  await attempt("disassociateSingleValued", () => api.disassociateSingleValued({
    collection: "systemusers", primaryKey: BOB, navigationProperty: "parentsystemuserid" }),
    () => true);
  await attempt("callFunction", () => api.callFunction("WhoAmI"), (found) => found.UserId);
  await attempt("callFunction bound", () => api.callFunction({
    name: "Microsoft.Dynamics.CRM.RetrieveUserPrivileges", collection: "systemusers",
    key: ALICE }), (found) => found.RolePrivileges.length > 20);
  await attempt("callFunction RetrieveTotalRecordCount", () => api.callFunction({
    name: "RetrieveTotalRecordCount", parameters: { EntityNames: ["systemuser"] } }),
    (found) => found.EntityRecordCountCollection.Values[0] === 5);
  await attempt("callFunction RetrieveCurrentOrganization", () => api.callFunction({
    name: "RetrieveCurrentOrganization", parameters: {
      AccessType: "Microsoft.Dynamics.CRM.EndpointAccessType'Default'" } }),
    (found) => found.Detail.UniqueName === "unqcontoso");
  await attempt("callAction GrantAccess", () => api.callAction({ actionName: "GrantAccess",
    action: { Target: { "@odata.type": "Microsoft.Dynamics.CRM.connectionreference",
      connectionreferenceid: id }, PrincipalAccess: { AccessMask: "ReadAccess", Principal: {
      "@odata.type": "Microsoft.Dynamics.CRM.systemuser", systemuserid: ALICE } } } }),
    () => true);
  await attempt("retrieveEntities", () => api.retrieveEntities({ select: ["LogicalName"],
    filter: "LogicalName ne 'workflow'" }), (found) => found.value.length > 10 &&
    !found.value.some((item) => item.LogicalName === "workflow"));
  await attempt("retrieveEntity", () => api.retrieveEntity({ key: "LogicalName='workflow'",
    expand: [{ property: "Attributes", select: ["LogicalName"] }] }),
    (found) => found.EntitySetName === "workflows" && found.Attributes.length > 40);
  await attempt("retrieveAttributes", () => api.retrieveAttributes({
    entityKey: "LogicalName='workflow'", castType:
    "Microsoft.Dynamics.CRM.PicklistAttributeMetadata", select: ["LogicalName"],
    expand: [{ property: "OptionSet" }] }), (found) => found.value.find((item) =>
    item.LogicalName === "category").OptionSet.Options.length === 8);
  await attempt("retrieveAttribute", () => api.retrieveAttribute({
    entityKey: "LogicalName='workflow'", attributeKey: "LogicalName='statecode'" }),
    (found) => found.AttributeType === "State");
  await attempt("retrieveRelationships", () => api.retrieveRelationships({
    castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
    filter: "ReferencedEntity eq 'publisher'" }), (found) => found.value.length >= 1);
  await attempt("retrieveGlobalOptionSets", () => api.retrieveGlobalOptionSets(),
    (found) => Array.isArray(found.value));
  await attempt("retrieveCsdlMetadata", () => api.retrieveCsdlMetadata(),
    (found) => found.includes("BooleanManagedProperty"));
  await attempt("createEntity", () => api.createEntity({ data: { SchemaName: "new_x" } }),
    () => false);
  await attempt("batch", () => {
    api.startBatch();
    api.create({ collection, data: reference("d_batch"), contentId: "1" });
    api.update({ collection: "$1", data: { description: "$1 is no reference here" },
      contentId: "2" });
    return api.executeBatch();
  }, (found) => found.length === 2);
  await attempt("batch kept the text", () => api.retrieve({ collection,
    key: `${key}='d_batch'` }), (row) => row.description === "$1 is no reference here");
  await attempt("batch of reads", () => {
    api.startBatch();
    api.retrieveMultiple({ collection, top: 1 });
    api.retrieve({ collection, key: id, select: [key] });
    return api.executeBatch();
  }, (found) => found[0].value.length === 1 && found[1][key] === "d_one");
  await attempt("impersonate", () => api.retrieveMultiple({ collection, impersonateAAD:
    "0e6a3b61-0000-4000-9000-000000000091" }), (found) => names(found) === "d_one");
  await attempt("deleteRecord ifmatch", () => api.deleteRecord({ collection, key: id,
    ifmatch: 'W/"1"' }), (found) => found === false);
  await attempt("deleteRecord", () => api.deleteRecord({ collection, key: id }), () => true);
}

main();
