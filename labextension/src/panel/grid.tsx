/** A table that becomes a list of rows where the panel is narrow, each cell with the title of its column. */
import React from 'react';

interface Props {
  label: string;
  columns: readonly string[];
  /** Each with a cell for every column, and each cell in lines. */
  rows: readonly (readonly (readonly React.ReactNode[])[])[];
}

export function Grid({ label, columns, rows }: Props): JSX.Element {
  return (
    <table className="jp-eg-Grid" aria-label={label}>
      <thead>
        <tr>
          {columns.map(title => (
            <th key={title} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([first, ...rest], index) => (
          <tr key={index}>
            <th scope="row">{lines(first)}</th>
            {rest.map((cell, column) => (
              <td key={column} data-title={columns[column + 1]}>
                {lines(cell)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function lines(cell: readonly React.ReactNode[]): React.ReactNode {
  return cell.map((line, index) => <p key={index}>{line}</p>);
}
