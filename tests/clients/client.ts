// A front end in TypeScript: signs in, links a wallet, and reads progress, a board and events, by
// the types that openapi-typescript makes of the OpenAPI document.
//
//     node client.js URL WALLET BOARD

import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

declare const process: { argv: string[] };
type Problem = components["schemas"]["Problem"];

const [url, wallet, board] = process.argv.slice(2) as [string, string, string];
const cookies = new Map<string, string>();

/** Calls as a browser does: with the cookies and the origin of the service, without redirects. */
async function fetchLikeABrowser(request: Request): Promise<Response> {
  const headers = new Headers(request.headers);
  headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
  headers.set("Origin", url);
  const answer = await fetch(new Request(request, { headers, redirect: "manual" }));
  for (const cookie of answer.headers.getSetCookie()) {
    const [pair = ""] = cookie.split(";");
    const end = pair.indexOf("=");
    cookies.set(pair.slice(0, end), pair.slice(end + 1));
  }
  return answer;
}

const client = createClient<paths>({ baseUrl: `${url}/v1`, fetch: fetchLikeABrowser });

function expect(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(what);
}

/** The body of a successful answer; the sentence of the problem is the error of another one. */
function body<Data>(answer: { data?: Data; error?: Problem }): Data {
  expect(answer.data !== undefined, `${answer.error?.code}: ${answer.error?.detail}`);
  return answer.data;
}

async function signIn(): Promise<void> {
  const begun = await client.GET("/auth/discord", { params: { query: { returnTo: "/me" } } });
  const discord = begun.response.headers.get("Location") ?? "";
  const authorized = await fetch(discord, { redirect: "manual" });
  const back = new URL(authorized.headers.get("Location") ?? "").searchParams;
  const query = { code: back.get("code") ?? "", state: back.get("state") ?? "" };
  const { response } = await client.GET("/auth/discord/callback", { params: { query } });
  expect(response.status === 302 && response.headers.get("Location") === "/me", "not signed in");
  const me = body(await client.GET("/api/me"));
  expect(me.clusterId === null, "a new account has no cluster");
}

async function linkAWallet(): Promise<string> {
  const linked = body(await client.POST("/api/me/wallets", { body: { address: wallet } }));
  const { address, isPrimary, isVerified }: components["schemas"]["Wallet"] = linked.wallet;
  expect(address === wallet && isPrimary && !isVerified, "the wallet is linked");
  const { clusterId } = body(await client.GET("/api/me"));
  expect(clusterId !== null, "a cluster with the first wallet");
  return clusterId;
}

async function readProgress(cluster: string): Promise<void> {
  const own = body(await client.GET("/api/me/progress"));
  expect(own.clusterId === cluster && own.challenges.length === 0, "no run has computed it yet");
  const path = { cluster: "somebody" };
  const progress = body(await client.GET("/clusters/{cluster}/progress", { params: { path } }));
  const [victor] = progress.challenges.filter((one) => one.challengeKey === "arena_victor");
  expect(victor?.value === 5 && victor.valueText === "5" && victor.unlocked, "five wins");
  const unknown = await client.GET("/clusters/{cluster}/progress", {
    params: { path: { cluster: "nobody" } },
  });
  expect(unknown.error?.code === "unknown_cluster", "a problem has a code");
}

async function readABoard(): Promise<void> {
  const page = body(
    await client.GET("/leaderboards/{key}/latest", {
      params: { path: { key: board }, query: { limit: 1, me: true } },
    }),
  );
  const [first] = page.entries;
  expect(first?.clusterId === "somebody" && first.rank === 1 && first.score === 5, "the first");
  expect(page.me === null && page.next !== null, "the caller is not listed; there is more");
}

/** The events of a cluster that are kept, from the lines of a stream that does not end. */
async function* events(cluster: string): AsyncGenerator<components["schemas"]["Event"]> {
  const { data, response } = await client.GET("/events", {
    params: { query: { cluster, lastEventId: "0" } },
    parseAs: "stream",
  });
  expect(response.headers.get("Content-Type")?.startsWith("text/event-stream") ?? false, "events");
  expect(data instanceof ReadableStream, "a stream");
  const reader = data.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith("data: ")) yield JSON.parse(line.slice("data: ".length));
      }
    }
  } finally {
    await reader.cancel();
  }
}

async function readAnEvent(): Promise<void> {
  for await (const { type, clusterId, details } of events("somebody")) {
    const isFirst = type === "everything.changed" && details["reason"] === "FIRST_RUN";
    expect(isFirst && clusterId === null, "the first event is of the first run");
    return;
  }
  throw new Error("the stream ended without an event");
}

await signIn();
await readProgress(await linkAWallet());
await readABoard();
await readAnEvent();
console.log("done");
