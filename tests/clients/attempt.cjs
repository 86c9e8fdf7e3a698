// How the JavaScript clients are judged: one JSON line per operation.
exports.attempt = async function attempt(name, operation, right) {
  let found;
  try {
    found = await operation();
  } catch (error) {
    const text = `${error?.status ?? ""} ${error?.message ?? JSON.stringify(error)}`;
    const outcome = /emulator does not implement/.test(text) || error?.status === 501;
    console.log(JSON.stringify({
      name, outcome: outcome ? "refused" : "wrong", detail: text.slice(0, 300),
    }));
    return undefined;
  }
  let good = false;
  let detail = JSON.stringify(found) ?? "nothing";
  try {
    good = Boolean(right(found));
  } catch (error) {
    detail = `${error.message} for ${detail}`;
  }
  console.log(JSON.stringify({
    name, outcome: good ? "right" : "wrong", detail: detail.slice(0, 300),
  }));
  return found;
};

exports.url = process.env.POWERAUTOMATE_ENVIRONMENT_URL;
exports.reference = (name, more = {}) => ({
  connectionreferencelogicalname: name,
  connectionreferencedisplayname: `Display of ${name}`,
  ...more,
});
exports.ALICE = "0e6a3b61-0000-4000-8000-000000000011";
exports.BOB = "0e6a3b61-0000-4000-8000-000000000012";
exports.OPERATIONS = "0e6a3b61-0000-4000-8000-000000000021";
