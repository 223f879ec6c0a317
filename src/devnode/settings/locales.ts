/** Languages that a node knows by two letters, each with the three it reads them back as. */
const PAIRS =
  'af afr,ak aka,am amh,ar ara,az aze,be bel,bn ben,bg bul,ca cat,cs ces,da dan,de deu,el ell,en eng,eo epo,et est,' +
  'fi fin,fr fra,gu guj,he heb,hi hin,hr hrv,hu hun,hy hye,id ind,it ita,jv jav,ja jpn,kn kan,ka kat,km khm,ko kor,' +
  'la lat,lv lav,lt lit,ml mal,mr mar,mk mkd,my mya,ne nep,nl nld,nb nob,or ori,pa pan,fa pes,pl pol,pt por,ro ron,' +
  'ru rus,si sin,sk slk,sl slv,sn sna,es spa,sr srp,sv swe,ta tam,te tel,tl tgl,th tha,tk tuk,tr tur,uk ukr,ur urd,' +
  'uz uzb,vi vie,yi yid,zh zho,zu zul'

const BY_TWO_LETTERS = new Map(PAIRS.split(',').map((pair) => pair.split(' ') as [string, string]))

/** Codes that a node knows. This node accepts and ignores them: its tokeniser has one way for all. */
export const LOCALES: readonly string[] = [...BY_TWO_LETTERS.keys(), ...BY_TWO_LETTERS.values(), 'cmn']

/** The code a setting keeps. */
export const keptLocale = (code: string): string => BY_TWO_LETTERS.get(code) ?? code
