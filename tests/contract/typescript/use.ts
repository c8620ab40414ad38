// Uses the generated client: lists, searches, sends a text and downloads a file, each typed by the description.
import createClient from "openapi-fetch";
import type { components, paths } from "./hub.js";

type Message = components["schemas"]["Message"];

const [url = "", key = "", jid = "", word = "", mediaId = ""] = process.argv.slice(2);
const hub = createClient<paths>({ baseUrl: url, headers: { "x-api-key": key } });

function told<Data>({ data, error }: { data?: Data; error?: { error: string } }): Data {
  if (data === undefined) throw new Error(error?.error ?? "no answer");
  return data;
}

const listed = told(await hub.GET("/api/messages", { params: { query: { limit: 5, from_me: false } } }));
const found = told(await hub.GET("/api/messages/search", { params: { query: { q: word } } }));
const sent = told(await hub.POST("/api/actions/send/text", { body: { jid, text: "From TypeScript" } }));
const file: Blob = told(
  await hub.GET("/api/media/{media_id}/download", { params: { path: { media_id: mediaId } }, parseAs: "blob" }),
);

const newest: Message | undefined = listed.data[0];
const body: string | null | undefined = newest?.body; // null where a message has no text
const total: number = found.total;
const id: string | undefined = sent.key?.id; // null while an act is queued

const missing = await hub.GET("/api/messages/{message_id}", { params: { path: { message_id: "none" } } });
const sentence: string | undefined = missing.error?.error;

console.log(
  JSON.stringify({
    listed: listed.data.map((message) => message.id),
    body: body ?? null,
    total,
    bodies: found.data.map((message) => message.body),
    id,
    size: file.size,
    sentence,
  }),
);
