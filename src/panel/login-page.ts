import { escaped } from './plain-page.ts';

/** The page that asks for the password. `note` is our own text. */
export function loginPage(name: string, note: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(name)}</title>
<link rel="stylesheet" href="/status.css">
</head>
<body>
<main>
  <h1>${escaped(name)}</h1>
  <form method="post" action="/login" class="card">
    <p><label for="password">Password of the administrator</label></p>
    <p><input id="password" name="password" type="password" autocomplete="current-password" required autofocus></p>
    <p role="alert" class="wrong">${escaped(note)}</p>
    <p><button type="submit">Log in</button></p>
    <p class="quiet">A new box shows a one-time password on its screen and front panel.</p>
  </form>
</main>
</body>
</html>
`;
}
