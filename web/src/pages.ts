/* The pages there are, in the order of the rail. */
import type { ComponentType } from "preact";
import { Board } from "./board";
import { Incidents } from "./incidents";
import { Alerts } from "./alerts";
import { Handoffs } from "./handoffs";
import { Services } from "./services";
import { Runbooks } from "./runbooks";
import { Authority } from "./authority";
import { Schedules } from "./schedules";
import { Channels } from "./channels";
import { Ourselves } from "./ourselves";

export interface Page {
	path: string;
	name: string;
	icon: string;
	key: string;
	view: ComponentType<{ rest: string }>; /* rest: what follows its path, decoded */
}

export const pages: Page[] = [
	{ path: "/", name: "Duty board", icon: "board", key: "b", view: Board },
	{ path: "/incidents", name: "Incidents", icon: "incidents", key: "i", view: Incidents },
	{ path: "/alerts", name: "Alerts", icon: "alerts", key: "a", view: Alerts },
	{ path: "/handoffs", name: "Handoffs", icon: "handoffs", key: "h", view: Handoffs },
	{ path: "/services", name: "Services", icon: "services", key: "s", view: Services },
	{ path: "/runbooks", name: "Runbooks", icon: "runbooks", key: "r", view: Runbooks },
	{ path: "/authority", name: "Authority", icon: "authority", key: "y", view: Authority },
	{ path: "/schedules", name: "Schedules", icon: "schedules", key: "d", view: Schedules },
	{ path: "/channels", name: "Channels", icon: "channels", key: "c", view: Channels },
	{ path: "/ourselves", name: "Ourselves", icon: "ourselves", key: "o", view: Ourselves },
];
