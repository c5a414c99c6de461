/** What the server says of an embed to its scripts. */
export interface Options {
  play?: boolean
  api?: boolean
  wait?: boolean
  /** A frame of this site whose reader is logged in. */
  own?: boolean
  scope?: string
  back?: string
  fore?: string
  style: string
  position?: number
  failed: string
  wrong: string
}
