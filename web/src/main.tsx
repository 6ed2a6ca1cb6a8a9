import { render } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { signIn, takeTokenFromAddress } from "./api";
import { Frame, startTheme } from "./frame";
import { startKeys } from "./keys";
import { follow, live, startAnew } from "./live";
import { pages } from "./pages";
import { startRouter, useAddress } from "./router";
import { useStore } from "./store";
import { Empty, Failed } from "./ui";
import "./style.css";

function Login() {
	const [error, setError] = useState("");
	useEffect(() => { document.title = "Sign in · Firstline"; }, []);
	function submit(event: Event) {
		event.preventDefault();
		const token = String(new FormData(event.target as HTMLFormElement).get("token") ?? "").trim();
		if (!/^[\x21-\x7e]{1,512}$/.test(token)) {
			setError("This is no token: it is one word, and begins with flt_ or stands in the file local.token");
			return;
		}
		signIn(token);
		startAnew();
	}
	return <main class="login"><form onSubmit={submit}>
		<h1>Firstline</h1>
		<label><span>Token</span><input name="token" type="password" autocomplete="off" autofocus required /></label>
		<p class="muted">From <code>firstline token add</code>; on the server itself it is in <code>local.token</code> of its state folder. It is kept for this tab alone.</p>
		{error && <p class="wrong" role="alert">{error}</p>}
		<button type="submit" class="primary">Sign in</button>
	</form></main>;
}

function Page() {
	const { path } = useAddress();
	const page = pages.find((p) => p.path === path) ?? pages.find((p) => p.path !== "/" && path.startsWith(`${p.path}/`));
	const [broken, mend] = useErrorBoundary();
	useEffect(() => mend(), [path]);
	useEffect(() => { if (page) document.title = `${page.name} · Firstline`; }, [page]);
	if (broken) return <Failed error={broken} again={mend} />;
	if (!page) return <Empty title="There is no such page"><p><a href="/">To the duty board</a></p></Empty>;
	let rest = "";
	try {
		rest = decodeURIComponent(path.slice(page.path.length).replace(/^\//, ""));
	} catch { /* shown as not there */ }
	const View = page.view;
	return <View rest={rest} />;
}

function App() {
	useStore(live);
	return live.link === "denied" ? <Login /> : <Frame><Page /></Frame>;
}

takeTokenFromAddress();
startTheme();
startRouter();
startKeys();
void follow();
const place = document.getElementById("app")!;
place.replaceChildren();
render(<App />, place);
