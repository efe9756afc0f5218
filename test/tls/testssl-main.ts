import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { startBareServer } from "../support/bare-server.js";
import { TlsRig } from "../support/tls-rig.js";

/** A line of the report of testssl.sh. */
interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly finding: string;
}

/** The severities that fail the check. */
const GRAVE: ReadonlySet<string> = new Set(["MEDIUM", "HIGH", "CRITICAL", "FATAL"]);
/** Findings about the certificate of the test: nobody can revoke it, and no list of a browser or DNS record has it. */
const OF_THE_TEST: ReadonlySet<string> = new Set([
  "cert_revocation",
  "cert_chain_of_trust",
  "cert_trust",
  "DNS_CAArecord",
]);

/**
 * Lets testssl.sh judge a server of rill.v1 with TLS, and fails on a finding of medium severity or higher. Its first argument is the program.
 */
async function main([program = "testssl"]: readonly string[]): Promise<void> {
  await using rig = await TlsRig.create();
  // testssl.sh takes a certificate of 30 days for one that is about to expire.
  await rig.folder.writePair("server", await rig.authority.issueForLocalhost({ toDay: 90 }));
  await rig.certificates.reload();
  await using server = await startBareServer({
    listen: "127.0.0.1:0",
    certificates: rig.certificates,
    instanceId: "testssl",
  });
  const authority = await rig.folder.write("authority.pem", rig.authority.certificate);
  const report = join(rig.folder.path, "report.json");
  const target = `localhost:${server.address.split(":")[1] ?? ""}`;
  const flags = ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--add-ca", authority];
  const child = spawn(program, [...flags, "--jsonfile", report, target], { stdio: ["ignore", "inherit", "inherit"] });
  await once(child, "close");
  const findings = JSON.parse(await readFile(report, "utf8")) as readonly Finding[];
  const grave = findings.filter(({ id, severity }) => GRAVE.has(severity) && !isOfTheTest(id));
  for (const { id, severity, finding } of grave) console.error(`${severity} ${id}: ${finding}`);
  const isWhole = findings.some(({ id }) => id === "scanTime");
  if (!isWhole) console.error("testssl.sh did not finish its report");
  console.log(`testssl.sh: ${findings.length} findings, ${grave.length} of them of medium severity or higher`);
  process.exitCode = isWhole && grave.length === 0 ? 0 : 1;
}

/** Findings about one of several certificates have its number behind their name. */
function isOfTheTest(id: string): boolean {
  return OF_THE_TEST.has(id.replace(/ .*$/, ""));
}

await main(process.argv.slice(2));
