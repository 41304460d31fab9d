// SPDX-License-Identifier: Apache-2.0

package redact_test

import "testing"

func TestCommandLines(t *testing.T) {
	t.Parallel()
	each(t, [][2]string{
		{"mysql -u root -pSECRET shop", "mysql -u root -p«password» shop"},
		{"/usr/bin/mysqldump -pSECRET --all", "/usr/bin/mysqldump -p«password» --all"},
		{`argv=["mysql","-pSECRET","shop"]`, `argv=["mysql","-p«password»","shop"]`},
		{"sshpass -p SECRET ssh root@host", "sshpass -p «password» ssh root@host"},
		{"sshpass -pSECRET ssh", "sshpass -p«password» ssh"},
		{"sshpass -p 'a b' ssh", "sshpass -p '«password»' ssh"},
		{"docker login -u bob -p SECRET reg", "docker login -u bob -p «password» reg"},
		{"redis-cli -a SECRET ping", "redis-cli -a «password» ping"},
		{"curl -u bob:SECRET https://x", "curl -u bob:«password» https://x"},
		{`curl -s -u "bob:SECRET" https://x`, `curl -s -u "bob:«password»" https://x`},
		{"smbclient -U bob%SECRET //h/s", "smbclient -U bob%«password» //h/s"},
		{"ldapsearch -x -w SECRET", "ldapsearch -x -w «password»"},
		{"PGPASSWORD=SECRET psql", "PGPASSWORD=«password» psql"},
		{"tool --password SECRET --x", "tool --password «password» --x"},
		{"tool --password=SECRET --x", "tool --password=«password» --x"},
		{`tool --api-key "SECRET" --x`, `tool --api-key "«api_key»" --x`},
		{`["tool","--token","SECRET"]`, `["tool","--token","«token»"]`},
	})
	each(t, same("mysql -p shop", "mysql -u root", "ssh -p 22 host", "mkdir -pv x", "curl -u bob https://x", "curl -U x", "tool --password", "tool --password --x", "tool --port 22",
		"mysql; tool -pSECRET", "tar -pxf x", "a - pick", "-----", "--", "-- password x", "---password x", "tool --password [redacted:password]"))
}

func TestWhereSecretsStand(t *testing.T) {
	t.Parallel()
	each(t, [][2]string{
		// JSON in JSON, and deeper
		{`{\"password\":\"x\"}`, `{\"password\":\"«password»\"}`},
		{`{\\\"password\\\":\\\"a b\\\",\\\"n\\\":1}`, `{\\\"password\\\":\\\"«password»\\\",\\\"n\\\":1}`},
		{`{\"password\":\"a\\\"b\",\"n\":1}`, `{\"password\":\"«password»\",\"n\":1}`},
		{`{\u0022password\u0022:\u0022hunter2\u0022,\u0022n\u0022:1}`, `{\u0022password\u0022:\u0022«password»\u0022,\u0022n\u0022:1}`},
		{`{"password":"a\\","user":"bob"}`, `{"password":"«password»","user":"bob"}`},
		{`{"passwords":["a b","c"],"n":1}`, `{"passwords":["«secret»"],"n":1}`},
		{`{"Set-Cookie":["a=b; HttpOnly", "c=d"],"n":1}`, `{"Set-Cookie":["«cookie»"],"n":1}`},
		{`{"password":{"value":"x"},"n":1}`, `{"password":{"value":"x"},"n":1}`},
		{"{password={hunter2};x}", "{password={«password»};x}"},
		// forms
		{"user=bob&user%5Bpassword%5D=hunter2&x=1", "user=bob&user%5Bpassword%5D=«password»&x=1"},
		{"user[password]=hunter2&x=1", "user[password]=«password»&x=1"},
		{"GET /a?sv=2&sig=abc%2Bdef%3D&se=1 HTTP/1.1", "GET /a?sv=2&sig=«secret»&se=1 HTTP/1.1"},
		{"/x?X-Amz-Signature=0a1b2c&y", "/x?X-Amz-Signature=«secret»&y"},
		// XML
		{"<password>hunter2</password>", "<password>«password»</password>"},
		{"<ns:Password>a b</ns:Password><x>", "<ns:Password>«password»</ns:Password><x>"},
		{`<Data Name="Password">hunter2</Data>`, `<Data Name="Password">«password»</Data>`},
		// names
		{"parola=hunter2", "parola=«password»"},
		{"cvv: 123", "cvv: «secret»"},
		{"API key: abcdef0123456789abcdef", "API key: «api_key»"},
		{"MISTRAL_KEY=abcdef", "MISTRAL_KEY=«api_key»"},
		{"PHPSESSID=abc; x", "PHPSESSID=«cookie»; x"},
		{"/a;jsessionid=0A1B?x", "/a;jsessionid=«cookie»"},
		// webhooks and bots
		{"https://hooks.slack.com/services/T0000AAAA/B0000BBBB/abcdefABCDEF123456 x", "https://hooks.slack.com/services/«webhook» x"},
		{"https://discord.com/api/webhooks/123456789012345678/abcDEF_123 x", "https://discord.com/api/webhooks/«webhook» x"},
		{"https://x.webhook.office.com/webhookb2/0a1b-22@33-44/IncomingWebhook/55 x", "https://x.webhook.office.com/webhookb2/«webhook» x"},
		{"https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz0123456/send", "https://api.telegram.org/bot«token»/send"},
		{"bot 123456789:AAabcdefghijklmnopqrstuvwxyz0123456", "bot «token»"},
		{"secret abc1" + "Q~" + "abcdefghijklmnopqrstuvwxyz01234567 x", "secret «cloud_key» x"},
		{"sid " + "S" + "K" + "0123456789abcdef0123456789abcdef.", "sid «api_key»."},
		{"da" + "pi0123456789abcdef0123456789abcdef", "«cloud_key»"},
	})
	each(t, same(`<input type="password"><label for="password">Password</label>`, "<password></password>", "<password>", "a>b", "sig > x", "the key: x", "map=3", "law=1",
		"/api/webhooks/list", "hooks.slack.com/services/", "/bots/1", "SKU0123456789abcdef0123456789abcdef", `"pw`, `{"credentials":{"user":"bob"}}`, "2: x", "cvc: ok",
		"config=a", "app=b", `\u0022a\u0022:1`))
}
