import { useState } from 'preact/hooks';
import { say } from '../words.ts';

/** Text that is taken elsewhere, with a button that copies it; where the browser may not, the text is selected. */
export function Copy({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async (event: MouseEvent): Promise<void> => {
    const shown = (event.currentTarget as HTMLElement).previousElementSibling!;
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      window.setTimeout(() => setCopied(false), 2000);
    } catch {
      // Without TLS there is no clipboard: the next key press copies what is marked.
      window.getSelection()?.selectAllChildren(shown);
    }
  };
  return (
    <span class="copy">
      <code>{text}</code>
      <button type="button" onClick={(event) => void copy(event)}>
        {say(copied ? 'copied' : 'copy')} <span class="hidden">{label}</span>
      </button>
    </span>
  );
}
