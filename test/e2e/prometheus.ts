import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { type ChildServer, startChildServer } from '../../sandbox/child-server.ts'

/** A sample of an instant query; labels that scraping adds are left out. */
export type Sample = [labels: Record<string, string>, value: number]

/** A real Prometheus that scrapes the service each second. */
export class Prometheus {
  readonly #server: ChildServer

  private constructor(server: ChildServer) {
    this.#server = server
  }

  /**
   * @param target where the service listens, such as `127.0.0.1:8787`
   * @param auth how the scrape configuration sends the token
   */
  static async start(
    target: string,
    auth: object = { authorization: { credentials: 'sandbox-admin-token' } },
  ): Promise<Prometheus> {
    const job = {
      job_name: 'edgewatch',
      scrape_interval: '1s',
      honor_labels: true, // pushed metrics bring their job along
      ...auth,
      static_configs: [{ targets: [target] }],
    }
    const server = await startChildServer('prometheus', (port, folder) => {
      const config = path.join(folder, 'prometheus.yml')
      writeFileSync(config, JSON.stringify({ scrape_configs: [job] })) // JSON is YAML, too
      return [
        `--config.file=${config}`,
        `--storage.tsdb.path=${path.join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ]
    })
    return new Prometheus(server)
  }

  /** The result of an instant query. Rejects for one that is wrong. */
  async query(expression: string): Promise<Sample[]> {
    const url = `http://127.0.0.1:${this.#server.port}/api/v1/query?query=${encodeURIComponent(expression)}`
    const answer = (await (await fetch(url)).json()) as {
      error?: string
      data?: { result: { metric: Record<string, string>; value: [number, string] }[] }
    }
    if (!answer.data) throw new Error(`${expression}: ${answer.error}`)
    return answer.data.result.map(({ metric: { __name__, job, instance, ...labels }, value }) => [
      labels,
      Number(value[1]),
    ])
  }

  close(): Promise<void> {
    return this.#server.close()
  }
}
