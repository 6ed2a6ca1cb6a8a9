/* All pages but the board: a file of its own, read while the board is looked at. */
export { Incidents } from "./incidents";
export { Alerts } from "./alerts";
export { Handoffs } from "./handoffs";
export { Services } from "./services";
export { Runbooks } from "./runbooks";
export { Authority } from "./authority";
export { Schedules } from "./schedules";
export { Channels } from "./channels";
export { Ourselves } from "./ourselves";
