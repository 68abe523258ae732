// node web-push, as its documentation shows it, with a keep-alive agent and a bounded pool.
const https = require("https");
const webpush = require("web-push");

const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
const options = {
  vapidDetails: { subject: "mailto:a@example.org", publicKey: job.public, privateKey: job.private },
  TTL: 3600,
  agent: new https.Agent({ keepAlive: true, maxSockets: job.inFlight }),
};

async function main() {
  const began = process.hrtime.bigint();
  let next = 0;
  const work = async () => {
    while (next < job.targets.length) await webpush.sendNotification(job.targets[next++], job.text, options);
  };
  await Promise.all(Array.from({ length: job.inFlight }, work));
  console.log(Number(process.hrtime.bigint() - began) / 1e9);
  process.exit(0);
}
main();
