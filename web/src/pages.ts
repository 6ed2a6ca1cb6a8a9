/* The pages there are, in the order of the rail. */
import { createElement, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Board } from "./board";
import { Failed, Loading } from "./ui";

type Rest = typeof import("./rest");
let rest: Rest | null = null;
let asked: Promise<void> | null = null;
export function readRest() {
	return asked ??= import("./rest").then((found) => { rest = found; }, (error: unknown) => { asked = null; throw error; });
}

/* One of them, once they are here. A server with other pages than these has not got them any more. */
function later(name: keyof Rest): Page["view"] {
	return (props) => {
		const [error, fail] = useState<unknown>(null);
		const [, turn] = useState(0);
		/* As it was drawn: they may have come between the drawing and now. */
		const drawn = rest;
		useEffect(() => { if (!drawn) readRest().then(() => turn(1), fail); }, []);
		if (drawn) return createElement(drawn[name], props);
		return error ? createElement(Failed, { error: new Error("the server has newer pages, or does not answer"), again: () => location.reload() }) : createElement(Loading, { what: name });
	};
}

export interface Page {
	path: string;
	name: string;
	icon: string;
	key: string;
	view: ComponentType<{ rest: string }>; /* rest: what follows its path, decoded */
	deep?: boolean; /* something may follow its path */
}

export const pages: Page[] = [
	{ path: "/", name: "Duty board", icon: "board", key: "b", view: Board },
	{ path: "/incidents", name: "Incidents", icon: "incidents", key: "i", view: later("Incidents"), deep: true },
	{ path: "/alerts", name: "Alerts", icon: "alerts", key: "a", view: later("Alerts") },
	{ path: "/handoffs", name: "Handoffs", icon: "handoffs", key: "h", view: later("Handoffs"), deep: true },
	{ path: "/services", name: "Services", icon: "services", key: "s", view: later("Services"), deep: true },
	{ path: "/runbooks", name: "Runbooks", icon: "runbooks", key: "r", view: later("Runbooks"), deep: true },
	{ path: "/authority", name: "Authority", icon: "authority", key: "y", view: later("Authority") },
	{ path: "/schedules", name: "Schedules", icon: "schedules", key: "d", view: later("Schedules") },
	{ path: "/channels", name: "Channels", icon: "channels", key: "c", view: later("Channels") },
	{ path: "/ourselves", name: "Ourselves", icon: "ourselves", key: "o", view: later("Ourselves") },
];
