import { render } from 'preact';
import { App } from './app.tsx';
import './style.css';
import { startLanguage } from './words.ts';

await startLanguage();
render(<App />, document.getElementById('app')!);
