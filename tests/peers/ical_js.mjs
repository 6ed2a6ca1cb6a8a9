// A calendar on stdin, as ical.js reads it: its name and events, as JSON. Whatever it calls
// malformed, and any line over 75 octets or without CR LF, is an error.
import fs from "node:fs";
import ICAL from "ical.js";

const bytes = fs.readFileSync(0), text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
ICAL.design.strict = true;
const lines = text.split("\r\n");
if (lines.pop() !== "" || lines.some((l) => /[\r\n]/.test(l))) throw new Error("a line does not end in CR LF");
const long = lines.find((l) => Buffer.byteLength(l) > 75);
if (long !== undefined) throw new Error(`over 75 octets: ${long}`);
const calendar = new ICAL.Component(ICAL.parse(text));
for (const name of ["version", "prodid"])
	if (calendar.getAllProperties(name).length !== 1) throw new Error(`${name} stands not once`);
const events = calendar.getAllSubcomponents("vevent").map((component) => {
	const event = new ICAL.Event(component, { strictExceptions: true });
	for (const time of [event.startDate, event.endDate, component.getFirstPropertyValue("dtstamp")])
		if (time.zone !== ICAL.Timezone.utcTimezone) throw new Error(`${event.uid}: a time is not UTC`);
	return { uid: event.uid, sequence: event.sequence, from: event.startDate.toJSDate().toISOString(), until: event.endDate.toJSDate().toISOString(), summary: event.summary, description: event.description };
});
if (new Set(events.map((e) => e.uid)).size !== events.length) throw new Error("a UID stands twice");
console.log(JSON.stringify({ name: calendar.getFirstPropertyValue("name"), events }));
