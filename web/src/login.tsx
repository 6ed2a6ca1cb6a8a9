/* Signing in: a person with a password, or a token. */
import { useEffect, useState } from "preact/hooks";
import { signIn } from "./api";
import { live, startAnew } from "./live";
import { forget } from "./ui";

export function Login() {
	const [error, setError] = useState(live.why);
	const [busy, setBusy] = useState(false);
	const [byToken, setByToken] = useState(false);
	useEffect(() => {
		document.title = "Sign in · Firstline";
		forget();
	}, []);
	async function submit(event: Event) {
		event.preventDefault();
		const form = new FormData(event.target as HTMLFormElement);
		const by = Object.fromEntries([...form].map(([name, value]) => [name, String(value)]));
		setBusy(true);
		try {
			await signIn(by);
			startAnew();
		} catch (e) {
			setError(e instanceof Error ? e.message : String(e));
			setBusy(false);
		}
	}
	return <main class="login"><form onSubmit={submit}>
		<h1>Firstline</h1>
		{byToken ? <label key="t"><span>Token</span><input name="token" type="password" autocomplete="off" autofocus required /></label>
			: <><label key="p"><span>Name</span><input name="person" autocomplete="username" autofocus required /></label>
				<label key="w"><span>Password</span><input name="password" type="password" autocomplete="current-password" required /></label></>}
		{error && <p class="wrong" role="alert">{error}</p>}
		<div class="buttons"><button type="button" class="plain" onClick={() => { setByToken(!byToken); setError(""); }}>{byToken ? "With a password" : "With a token"}</button>
			<button type="submit" class="primary" disabled={busy}>{busy ? "…" : "Sign in"}</button></div>
		<p class="muted">No password yet? <code>firstline login-link NAME</code> gives a link that signs in once; a password is set inside.</p>
	</form></main>;
}
