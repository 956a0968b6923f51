/** What stands in the dialog before a run: each install with what speaks against it, and the ways out. */
import React from 'react';
import { clean } from '../language';
import { Button } from '../panel/button';
import { Sentence } from '../panel/coded';
import { Changes, counts, Told } from '../panel/forecast';
import { Marked, Sign, Spinner } from '../panel/marks';
import { Progress } from '../panel/progress';
import { ToolsProvider, useTools } from '../panel/tools';
import type { Task } from '../task';
import type { Install } from '../wire/types';
import { forecastMark, severityMark } from '../words';
import { firstLine, type Cell } from './cell';
import type { Holding, Question, Ways } from './decide';

interface Props {
  question: Question;
  /** A forecast for each install of each cell. */
  tasks: readonly (readonly Task[])[];
  /** What could be run instead; null while it is being looked for. */
  ways: Ways | null;
  undo: boolean;
  onUndo: (undo: boolean) => void;
  onInstead: (cell: Cell, lines: readonly string[]) => void;
}

export function Before({ question, tasks, ways, undo, onUndo, onInstead }: Props): JSX.Element {
  const { trans } = useTools();
  const { cells } = question;
  const installs = cells.flatMap(each => each.installs);
  const grave = installs.filter(({ severity }) => severity !== null);
  return (
    <>
      {cells.map((holding, index) => (
        <OfCell
          key={index}
          holding={holding}
          kernel={question.kernel}
          tasks={tasks[index]}
          named={cells.length > 1}
          onInstead={onInstead}
        />
      ))}
      {cells.length === 1 ? (
        <Instead
          ways={ways}
          console={cells[0].cell.kind === 'console'}
          onInstead={lines => onInstead(cells[0].cell, lines)}
        />
      ) : null}
      {grave.every(each => each.protectable) ? (
        <p className="jp-eg-soft">
          {trans.__("Run protected: conda's packages stay as they are, or the install fails.")}
        </p>
      ) : null}
      {installs.every(each => each.undoable) ? (
        <label className="jp-eg-Check">
          <input type="checkbox" checked={undo} onChange={event => onUndo(event.target.checked)} />{' '}
          {trans.__('Run with a way back: what is there now is kept, so that the install can be undone.')}
        </label>
      ) : null}
    </>
  );
}

interface OfCellProps {
  holding: Holding;
  kernel: string;
  tasks: readonly Task[];
  /** Whether it must be said which cell it is. */
  named: boolean;
  onInstead: Props['onInstead'];
}

function OfCell({ holding: { cell, installs }, kernel, tasks, named, onInstead }: OfCellProps): JSX.Element {
  const tools = useTools();
  const { trans } = tools;
  const title = [
    cell.number === null ? '' : trans.__('Cell %1', cell.number),
    clean(firstLine(cell.source), 70)
  ];
  const shown = installs.flatMap((install, index) =>
    install.severity === null
      ? []
      : [
          <OfInstall
            key={index}
            install={install}
            task={tasks[index]}
            onLook={() =>
              void tasks[index].start({ job: 'forecast', kernel, source: cell.source, install: index })
            }
          />
        ]
  );
  const insert = (lines: readonly string[]) => onInstead(cell, lines);
  return (
    <ToolsProvider value={{ ...tools, actions: { ...tools.actions, insert } }}>
      {named ? (
        <section className="jp-eg-OfCell" aria-label={title[0]}>
          <h3>
            {title[0]}
            {trans.__(': ')}
            <code>{title[1]}</code>
          </h3>
          {shown}
        </section>
      ) : (
        shown
      )}
    </ToolsProvider>
  );
}

interface OfInstallProps {
  install: Install;
  task: Task;
  onLook: () => void;
}

function OfInstall({ install, task, onLook }: OfInstallProps): JSX.Element {
  const { trans } = useTools();
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  React.useEffect(() => {
    const changed = () => redraw();
    task.changed.connect(changed);
    return () => void task.changed.disconnect(changed);
  }, [task]);
  const { result } = task;
  if (result?.kind === 'forecast') {
    return <Told told={result} />;
  }
  const { forecast, severity } = install;
  const mark = forecastMark(forecast.verdict, trans);
  const grave = severityMark(severity ?? 'info', trans);
  return (
    <section className={`jp-eg-Plan jp-eg-mod-${mark.mood}`} aria-label={clean(install.said, 60)}>
      <p>
        <Marked mark={mark} />
        {trans.__(': ')}
        <code>{clean(install.said, 300)}</code>
      </p>
      <ul className="jp-eg-Objections">
        {install.objections.map((each, index) => (
          <li key={index}>
            <Sign shape={grave.shape} mood={grave.mood} />{' '}
            <span className="jp-eg-hidden">
              {grave.word}
              {trans.__(': ')}
            </span>
            <Sentence text={each} />
          </li>
        ))}
      </ul>
      <p>
        <strong>{counts(forecast, trans)}</strong>
        <span className="jp-eg-soft"> · {trans.__('at a glance: dependencies were not looked up')}</span>
      </p>
      <Changes told={forecast} />
      <Progress task={task} label={trans.__('asking the resolver …')} />
      {task.running ? null : (
        <div className="jp-eg-Actions">
          <Button label={trans.__('Look closer')} onClick={onLook} />
        </div>
      )}
    </section>
  );
}

interface InsteadProps {
  ways: Ways | null;
  console: boolean;
  onInstead: (lines: readonly string[]) => void;
}

function Instead({ ways, console, onInstead }: InsteadProps): JSX.Element {
  const { trans } = useTools();
  const where = console
    ? trans.__('Puts this into the prompt, and does not run what you have typed:')
    : trans.__('Puts this into a new cell, and does not run this one:');
  const way = (lines: readonly string[] | null, label: string) =>
    lines === null ? null : (
      <div className="jp-eg-Commands">
        <p className="jp-eg-soft">{where}</p>
        <pre tabIndex={0} aria-label={trans.__('commands')}>
          {lines.map((line, index) => (
            <code key={index}>{clean(line, null)}</code>
          ))}
        </pre>
        <div className="jp-eg-Actions">
          <Button label={label} onClick={() => onInstead(lines)} />
        </div>
      </div>
    );
  return (
    <div role="status" className="jp-eg-Instead">
      {ways === null ? (
        <p className="jp-eg-soft">
          <Spinner /> {trans.__('looking whether conda can do it …')}
        </p>
      ) : ways.conda === null && ways.kernel === null ? (
        <p className="jp-eg-soft">{trans.__('No other way to it was found.')}</p>
      ) : (
        <>
          {way(ways.conda, trans.__('Use conda instead'))}
          {way(ways.kernel, trans.__('Use this environment'))}
        </>
      )}
    </div>
  );
}
