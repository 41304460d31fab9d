// SPDX-License-Identifier: Apache-2.0

package normalize

import "strings"

// bodyOf returns the reader of what a program writes, nil for a program that none
// is known of: one line each.
func bodyOf(program string) bodyReader {
	switch program {
	case "apache2", "httpd", "apache":
		return parseApache
	case "nginx":
		return parseNginx
	case "haproxy":
		return parseHAProxy
	case "postgres", "postgresql":
		return parsePostgres
	case "sshd", "sshd-session", "sshd-auth":
		return parseSSHD
	case "kernel":
		return parseKernel
	case "audispd", "audisp-syslog", "auditd", "audit":
		return parseAuditd
	case "sudo":
		return parseSudo
	case "su", "su-l", "runuser":
		return parseSu
	case "CRON", "cron", "crond", "CROND", "crontab":
		return parseCron
	case "systemd-logind":
		return parseLogind
	case "useradd", "userdel", "usermod", "groupadd", "groupdel", "groupmod", "gpasswd", "passwd", "chage", "chsh", "chfn":
		return parseAccount
	case "ulogd":
		return parseNetfilter
	case "CEF":
		return parseCEF
	case "LEEF":
		return parseLEEF
	default:
		return nil
	}
}

// bodyLike returns the reader of what a text looks like by its first bytes, whoever
// wrote it; nil for other texts. It is asked for every line, so that a look is a
// prefix or little more: one line each.
func bodyLike(text string) bodyReader {
	switch {
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "@cee:"):
		return readObject
	case strings.HasPrefix(text, "<Event"), strings.HasPrefix(text, "<?xml"):
		return parseWindowsXML
	case strings.HasPrefix(text, "CEF:"):
		return parseCEF
	case strings.HasPrefix(text, "LEEF:"):
		return parseLEEF
	case looksNginxError(text):
		return parseNginxError
	case looksApacheError(text):
		return parseApacheError
	case looksHAProxy(text):
		return parseHAProxy
	case looksPostgres(text):
		return parsePostgres
	case looksCLF(text):
		return parseCLF
	case looksLikeAudit(text):
		return parseAuditd
	case looksLikeKernel(text):
		return parseKernel
	case looksCRI(text):
		return parseCRI
	case looksLikeKV(text):
		return parseKV
	default:
		return nil
	}
}
