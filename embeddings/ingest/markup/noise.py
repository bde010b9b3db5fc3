# ruff: noqa: E501  # a language a line
"""What is in a page's text but is none of it: advertisements, share buttons, newsletters, links to more."""

from __future__ import annotations

import re

_FLAGS = re.IGNORECASE

_NOTE = re.compile(
    r"""(?:
    (?:read|see|find\ out|learn|show|view)\ more\b.{0,80} | continue\ reading\b.{0,60} | back\ to\ top | print
    | advertis(?:e|ing|ement)s?(?:\ (?:continues|below).{0,60})? | sponsored(?:\ content)? | promoted(?:\ content)?
    | story\ continues\ below.{0,40} | article\ continues\ (?:below|after).{0,40}
    | share(?:\ (?:this|on|via|with|article|story)\b[^.]{0,60})? | (?:tweet|pin\ it|email|copy\ link|whatsapp|facebook)
    | (?:sign\ up|subscribe|register)\b.{0,100}(?:newsletters?|alerts|inbox|updates)\b.{0,60}
    | get\ (?:the|our)\b.{0,80}(?:newsletter|inbox)\b.{0,40} | (?:enter|your)\ (?:your\ )?e-?mail(?:\ address)?
    | (?:related|also\ read|read\ also|read\ next|recommended|more\ on\ this|more\ from|you\ may\ also\ like)
      (?:\ (?:articles?|stories|posts|topics|content|reading|coverage|links))?\s*:.{0,160}
    | (?:related|recommended|popular|latest|more)\ (?:articles?|stories|posts|topics|content|news|reading)
    | you\ (?:may|might)\ also\ (?:like|be\ interested\ in).{0,40} | most\ (?:read|popular|viewed) | trending(?:\ now)?
    | skip\ to\ (?:main\ )?content | loading(?:\ comments)?\s*(?:…|\.{3})? | (?:leave\ a|post\ a|add\ a)\ (?:comment|reply)
    | (?:\d{1,7}\ )?comments?(?:\ \(\d{1,7}\))? | no\ comments(?:\ yet)? | tags?\s*:.{0,120} | filed\ under\b.{0,120}
    | (?:we|this\ (?:site|website))\ uses?\ cookies\b.{0,300} | (?:accept|manage|reject)(?:\ all)?\ cookies
    | all\ rights\ reserved\.? | (?:©|\(c\)|copyright)\s.{0,120} | (?:\d+|one|two|three)\ min(?:ute)?s?\ read
    | by\ (?-i:[A-Z][\w.'’-]+(?:,?\ (?:[A-Z][\w.'’-]+|and|de|van|von|der)){1,6})
    # Newsletters
    | (?:view|read|open|see)\ (?:(?:this|it|the)\b.{0,30})?(?:\bin|with)\ (?:your|a)?\ ?(?:web\ ?)?browser\b.{0,40}
    | (?:unsubscribe|manage\ (?:your\ )?(?:preferences|subscriptions?))\b.{0,80}
    | (?:.{0,30}\ )?im\ browser\ (?:an(?:sehen|zeigen)|öffnen|lesen).{0,20} | (?:newsletter\ )?(?:abbestellen|abmelden)\b.{0,60}
    | (?:voir|afficher|ouvrir)\b.{0,40}navigateur.{0,20} | se\ désabonner\b.{0,60}
    | ver\b.{0,30}navegador.{0,20} | darse\ de\ baja\b.{0,60}
    # German
    | werbung | anzeige | (?:weiter|mehr)lesen\b.{0,60} | (?:lesen\ sie|lies)\ (?:auch|mehr|hier)\b.{0,160}
    | (?:mehr\ zum\ thema|zum\ thema|das\ könnte\ sie\ auch\ interessieren|verwandte\ (?:artikel|themen))\s*:?.{0,120}
    | (?:artikel\ )?(?:teilen|drucken|merken|kommentieren) | zur\ startseite | newsletter\b.{0,80}(?:abonnieren|anmelden).{0,40}
    | jetzt\ (?:abonnieren|anmelden|registrieren).{0,60} | kommentare?(?:\ \(\d+\))? | alle\ rechte\ vorbehalten\.?
    | von\ (?-i:[A-ZÄÖÜ][\w.’-]+(?:\ [A-ZÄÖÜ][\w.’-]+){1,3}) | (?:stand|veröffentlicht|aktualisiert)\s*:?\s.{0,40}\d.{0,30}
    # French
    | publicité | (?:lire|à\ lire|voir)\ aussi\b.{0,160} | lire\ la\ suite.{0,40} | (?:partager|imprimer|commenter)\b[^.]{0,40}
    | (?:s['’]abonner|inscrivez-vous|abonnez-vous)\b.{0,120} | (?:sur\ le\ même\ sujet|articles?\ liés?)\s*:?.{0,120}
    | (?:publié|mis\ à\ jour)\ le\b.{0,60} | par\ (?-i:[A-ZÉ][\w.’-]+(?:\ [A-ZÉ][\w.’-]+){1,3}) | commentaires?(?:\ \(\d+\))?
    # Spanish, Portuguese
    | publicidade? | (?:leer|ler|lea|leia)\ (?:más|mas|mais|también|tambien|também)\b.{0,160}
    | (?:compartir|compartilhar|partilhar|imprimir)\b[^.]{0,40} | suscr[ií]b(?:ete|ase)\b.{0,100} | (?:assine|inscreva-se)\b.{0,100}
    | (?:noticias|artículos|notícias|artigos)\ relacionad[oa]s\s*:?.{0,100} | comentarios?(?:\ \(\d+\))?
    | (?:publicado|actualizado|atualizado)\ (?:el|em|a\ las)\b.{0,60}
    # Italian
    | pubblicità | leggi\ (?:anche|tutto)\b.{0,160} | condividi\b[^.]{0,40} | iscriviti\b.{0,100} | articoli\ correlati.{0,60}
    # Dutch
    | advertentie | lees\ (?:ook|meer|verder)\b.{0,160} | (?:delen|afdrukken) | schrijf\ je\ in\b.{0,100} | abonneer\b.{0,80}
    # Polish, Czech
    | reklama | (?:czytaj|przeczytaj)\ (?:też|także|więcej|również)\b.{0,160} | udostępnij\b[^.]{0,40} | zapisz\ się\b.{0,100}
    | (?:čtěte|přečtěte\ si)\ (?:také|více|i)\b.{0,160} | sdílet\b[^.]{0,40} | inzerce
    # Scandinavian, Finnish
    | annon[sc]e | reklame | läs\ (?:också|mer|även)\b.{0,160} | les\ (?:også|mer)\b.{0,160} | læs\ (?:også|mere)\b.{0,160}
    | dela | del\ (?:artiklen|saken) | lue\ (?:myös|lisää)\b.{0,160} | mainos | jaa
    # Russian, Ukrainian, Turkish, Greek
    | реклама | читайте\ также\b.{0,160} | читать\ (?:далее|ещё)\b.{0,100} | поделиться\b[^.]{0,40} | подпи(?:сывайтесь|шитесь)\b.{0,100}
    | читайте\ також\b.{0,160} | reklam | ayrıca\ okuyun\b.{0,100} | paylaş | διαφήμιση | διαβάστε\ (?:επίσης|ακόμη)\b.{0,160}
    | \[\s*(?:edit|bearbeiten|modifier|editar|modifica|bewerken|edytuj)\b[^\]]{0,60}\] | \W* | [_\s]+
    )""",
    _FLAGS | re.VERBOSE,
)

_SECTION = re.compile(
    r"""(?:
    (?:related|recommended|popular|latest|more|other|further)\ (?:articles?|stories|posts|topics|content|news|coverage|links)
    | you\ (?:may|might)\ also\ .{0,40} | most\ (?:read|popular|viewed|commented) | trending.{0,20} | read\ (?:next|more|also)
    | more\ (?:from|on|in|like)\b.{0,60} | (?:leave\ a|post\ a|add\ a|join\ the)\ (?:comment|reply|discussion|conversation).{0,20}
    | (?:\d{1,7}\ )?(?:comments?|responses|replies)\b.{0,30} | share(?:\ this.{0,30})? | follow\ us.{0,30} | about\ the\ authors?
    | (?:subscribe|sign\ up|newsletter)\b.{0,80} | topics? | tags? | advertisement | (?:privacy|cookie)s?\ (?:policy|settings|preferences)
    | mehr\ (?:zum\ thema|aus|von)\b.{0,60} | das\ könnte\ .{0,60} | meistgelesen.{0,20} | kommentare.{0,20} | verwandte\ .{0,30}
    | (?:à\ lire|lire|voir)\ aussi.{0,40} | sur\ le\ même\ (?:sujet|thème) | les\ plus\ lus | commentaires.{0,20}
    | (?:te\ puede\ interesar|lo\ más\ (?:leído|visto)|noticias\ relacionadas|más\ (?:noticias|información)|comentarios).{0,30}
    | (?:leggi\ anche|articoli\ correlati|potrebbe\ interessarti|i\ più\ letti|commenti).{0,30}
    | (?:lees\ ook|meer\ over|meest\ gelezen|reacties).{0,40} | (?:leia\ (?:também|mais)|mais\ lidas|veja\ também).{0,30}
    | (?:czytaj\ (?:też|także)|zobacz\ (?:też|także)|читайте\ также|komentarze).{0,30}
    )""",
    _FLAGS | re.VERBOSE,
)

ZONE = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|respond|related|recommend(?:ed|ations?)?|share|sharing|social|newsletter|subscribe"
    r"|signup|promo(?:tion)?|advert(?:isement)?|ads?|sponsor(?:ed)?|cookies?|consent|gdpr|breadcrumbs?|sidebar|menu"
    r"|navigation|navbar|nav|footer|site-?header|masthead|popup|modal|overlay|toolbar|paywall|outbrain|taboola|teasers?"
    r"|more-(?:news|stories)|most-read|trending|author-(?:bio|box)|skip-link|toc|infobox-nav|navbox|pagination|tags?"
    r"|byline|dateline|post-meta|entry-meta|article-meta|edit-?section|screen-reader-text|sr-only|visually-hidden)"
    r"(?:$|[\s_-])",
    _FLAGS,
)
"""Names of classes and ids that are around an article, not in it."""

CONSENT = re.compile(
    r"(?:^|[\s_-])(?:onetrust|didomi|usercentrics|cybotcookiebot|qc-cmp2?|truste|gdpr"
    r"|(?:cookies?|consent)[\s_-]?(?:law|banner|notice|bar|consent|popup|message|dialog|info|overlay|policy|sdk))",
    _FLAGS,
)
"""Names of classes and ids of what asks for leave to set cookies."""


def is_note(words: str) -> bool:
    """Return whether a paragraph is one of the notes that pages put between those of an article."""
    return bool(_NOTE.fullmatch(words))


def begins_other(heading: str) -> bool:
    """Return whether what is below this heading is not the article: links to others, comments, sharing."""
    return bool(_SECTION.fullmatch(heading.strip(" :")))


_OF_DATES = frozenset(
    """
    jan january januar janvier enero gennaio januari janeiro styczeń stycznia feb february februar février febrero febbraio februari
    fevereiro lutego mar march märz mars marzo maart março marca apr april avril abril aprile kwietnia may mai mayo maggio mei maio
    maja jun june juni juin junio giugno junho czerwca jul july juli juillet julio luglio julho lipca aug august août agosto augustus
    sierpnia sep sept september septembre septiembre settembre setembro września oct oktober october octobre octubre ottobre oktober
    outubro października nov november novembre noviembre novembro listopada dec dez december dezember décembre diciembre dicembre
    dezembro grudnia mon monday tue tues tuesday wed wednesday thu thur thurs thursday fri friday sat saturday sun sunday montag
    dienstag mittwoch donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles
    jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica
    at um uhr h am pm est edt pst pdt gmt utc cet cest bst et de del di le la à a las on the of st nd rd th der den do van em el il
    published updated posted last modified created date veröffentlicht aktualisiert stand erstellt publié publiée mis mise jour modifié
    publicado actualizado atualizado pubblicato aggiornato gepubliceerd bijgewerkt opublikowano ago vor il y hours minutes days
    """.split()
)
_WORDS = re.compile(r"[^\W\d_]+")
_DAY = re.compile(r"\d{1,2}\s?[./:-]\s?\d{1,2}|(?:19|20)\d\d|\d{1,2}(?:st|nd|rd|th|\.)?\s+[^\W\d_]{3}")
_DATELINE = 70


def is_dateline(text: str) -> bool:
    """Return whether a line says nothing but when the page was published or changed."""
    if len(text) > _DATELINE or not _DAY.search(text) or text.endswith("."):
        return False
    return all(word in _OF_DATES for word in _WORDS.findall(text.casefold()))
