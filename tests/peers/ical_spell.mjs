// A calendar on stdin, its recurrences as ical.js has them: "FROM SUMMARY" a line, local times
// as they stand, from 2024 until 2037.
import fs from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync(0, "utf8")));
const out = [];
for (const component of calendar.getAllSubcomponents("vevent")) {
	const event = new ICAL.Event(component);
	const put = (t) => out.push(`${t.toString().replace(/[-:Z]/g, "")} ${event.summary}`);
	if (!event.isRecurring()) {
		put(event.startDate);
		continue;
	}
	const it = event.iterator();
	for (let t = it.next(); t && t.year < 2038; t = it.next()) if (t.year >= 2024) put(t);
}
console.log(out.join("\n"));
