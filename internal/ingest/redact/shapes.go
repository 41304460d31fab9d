// SPDX-License-Identifier: Apache-2.0

package redact

// shapes lists the secrets with a beginning of their own: the published forms of
// the keys of clouds, code hosts, payment and model providers.
func shapes() []shape {
	list := []shape{
		{prefix: "eyJ", match: jwtAt},
		{prefix: "-----BEGIN ", inside: true, match: pemAt},
		{prefix: "SG.", match: sendGridAt},
		{prefix: "Bearer ", match: bearerAt},
		{prefix: "bearer ", match: bearerAt},
		{prefix: "BEARER ", match: bearerAt},
		{prefix: "Basic ", match: basicAt},
		{prefix: "basic ", match: basicAt},
		{prefix: "--", match: optionAt},
		{prefix: " -", inside: true, match: flagAt},
		{prefix: "\"-", inside: true, match: flagAt},
		{prefix: "'-", inside: true, match: flagAt},
		{prefix: "/bot", inside: true, match: botAt},
		{prefix: "Q~", inside: true, match: azureAt},
	}
	for digit := '1'; digit <= '9'; digit++ {
		list = append(list, shape{prefix: "+" + string(digit), match: phoneAt})
	}
	for _, prefix := range webhooks() {
		list = append(list, shape{prefix: prefix, inside: true, match: func(s string, start int) span { return hookAt(s, start, len(prefix)) }})
	}
	for _, k := range keys() {
		match := func(s string, start int) span { return keyAt(s, start, len(k.prefix), k.least, k.kind) }
		if k.hex {
			match = func(s string, start int) span { return hexAt(s, start, len(k.prefix), k.least, k.kind) }
		}
		list = append(list, shape{prefix: k.prefix, match: match})
	}
	return list
}

// webhooks are the beginnings of addresses that let anybody write.
func webhooks() []string {
	return []string{
		"hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/",
		"/api/webhooks/", // Discord
		".webhook.office.com/webhookb2/",
		"hooks.zapier.com/hooks/catch/",
	}
}

// key is a key with a prefix.
type key struct {
	prefix string
	kind   Kind
	least  int  // characters behind the prefix
	hex    bool // exactly so many, of 0-9 and a-f
}

// keys are the keys by their prefixes.
func keys() []key {
	return []key{
		// clouds
		{prefix: "AKIA", kind: CloudKey, least: 16},
		{prefix: "ASIA", kind: CloudKey, least: 16},
		{prefix: "ABIA", kind: CloudKey, least: 16},
		{prefix: "ABSK", kind: CloudKey, least: 40}, // Amazon Bedrock
		{prefix: "AIza", kind: CloudKey, least: 35},
		{prefix: "ya29.", kind: CloudKey, least: 20},
		{prefix: "GOCSPX-", kind: CloudKey, least: 20},
		{prefix: "LTAI", kind: CloudKey, least: 16}, // Alibaba
		{prefix: "AKID", kind: CloudKey, least: 32}, // Tencent
		{prefix: "dop_v1_", kind: CloudKey, least: 40},
		{prefix: "doo_v1_", kind: CloudKey, least: 40},
		{prefix: "dor_v1_", kind: CloudKey, least: 40},
		{prefix: "dapi", kind: CloudKey, least: 32, hex: true}, // Databricks
		{prefix: "hvs.", kind: CloudKey, least: 24},            // Vault
		{prefix: "hvb.", kind: CloudKey, least: 24},
		{prefix: "pscale_tkn_", kind: CloudKey, least: 30},
		{prefix: "pscale_pw_", kind: CloudKey, least: 30},
		{prefix: "sbp_", kind: CloudKey, least: 40, hex: true},
		{prefix: "sb_secret_", kind: CloudKey, least: 20},
		{prefix: "nfp_", kind: CloudKey, least: 36},
		{prefix: "fm2_", kind: CloudKey, least: 40},
		{prefix: "HRKU-", kind: CloudKey, least: 30},
		{prefix: "dp.pt.", kind: CloudKey, least: 40},
		{prefix: "tskey-", kind: APIKey, least: 20},
		{prefix: "AGE-SECRET-KEY-1", kind: PrivateKey, least: 50},
		// models
		{prefix: "sk-", kind: ModelKey, least: 20}, // OpenAI, Anthropic (sk-ant-), OpenRouter (sk-or-), DeepSeek
		{prefix: "gsk_", kind: ModelKey, least: 32},
		{prefix: "hf_", kind: ModelKey, least: 30},
		{prefix: "api_org_", kind: ModelKey, least: 30},
		{prefix: "xai-", kind: ModelKey, least: 32},
		{prefix: "pplx-", kind: ModelKey, least: 32},
		{prefix: "r8_", kind: ModelKey, least: 32},
		{prefix: "pcsk_", kind: ModelKey, least: 32},
		{prefix: "tgp_v1_", kind: ModelKey, least: 32},
		{prefix: "nvapi-", kind: ModelKey, least: 40},
		{prefix: "csk-", kind: ModelKey, least: 32},
		{prefix: "jina_", kind: ModelKey, least: 40},
		{prefix: "lsv2_pt_", kind: ModelKey, least: 32},
		{prefix: "lsv2_sk_", kind: ModelKey, least: 32},
		{prefix: "tvly-", kind: ModelKey, least: 28},
		{prefix: "sk_", kind: ModelKey, least: 48, hex: true}, // ElevenLabs
		// code and packages
		{prefix: "ghp_", kind: Token, least: 30},
		{prefix: "gho_", kind: Token, least: 30},
		{prefix: "ghu_", kind: Token, least: 30},
		{prefix: "ghs_", kind: Token, least: 30},
		{prefix: "ghr_", kind: Token, least: 30},
		{prefix: "github_pat_", kind: Token, least: 30},
		{prefix: "glpat-", kind: Token, least: 20},
		{prefix: "gldt-", kind: Token, least: 20},
		{prefix: "glrt-", kind: Token, least: 20},
		{prefix: "glcbt-", kind: Token, least: 20},
		{prefix: "glptt-", kind: Token, least: 40},
		{prefix: "glsoat-", kind: Token, least: 20},
		{prefix: "glagent-", kind: Token, least: 40},
		{prefix: "gloas-", kind: Token, least: 40},
		{prefix: "npm_", kind: Token, least: 30},
		{prefix: "pypi-", kind: Token, least: 40},
		{prefix: "rubygems_", kind: Token, least: 48, hex: true},
		{prefix: "dckr_pat_", kind: Token, least: 24},
		{prefix: "dckr_oat_", kind: Token, least: 24},
		{prefix: "ATATT3", kind: Token, least: 60}, // Atlassian
		// work and watching
		{prefix: "xox", kind: Token, least: 12}, // xoxb- xoxp- xoxa- xoxr- xoxs- xoxe-
		{prefix: "xapp-", kind: Token, least: 10},
		{prefix: "xwfp-", kind: Token, least: 20},
		{prefix: "lin_api_", kind: Token, least: 30},
		{prefix: "ntn_", kind: Token, least: 40},
		{prefix: "figd_", kind: Token, least: 30},
		{prefix: "PMAK-", kind: APIKey, least: 40},
		{prefix: "glsa_", kind: Token, least: 32},
		{prefix: "glc_", kind: Token, least: 32},
		{prefix: "sntrys_", kind: Token, least: 40},
		{prefix: "sntryu_", kind: Token, least: 40},
		{prefix: "NRAK-", kind: APIKey, least: 24},
		// shops and payments
		{prefix: "shpat_", kind: Token, least: 30},
		{prefix: "shpss_", kind: Token, least: 30},
		{prefix: "shpca_", kind: Token, least: 30},
		{prefix: "shppa_", kind: Token, least: 30},
		{prefix: "sk_live_", kind: APIKey, least: 16},
		{prefix: "sk_test_", kind: APIKey, least: 16},
		{prefix: "rk_live_", kind: APIKey, least: 16},
		{prefix: "rk_test_", kind: APIKey, least: 16},
		{prefix: "whsec_", kind: APIKey, least: 20},
		{prefix: "sq0csp-", kind: APIKey, least: 40},
		{prefix: "sq0atp-", kind: APIKey, least: 20},
		// messages
		{prefix: "SK", kind: APIKey, least: 32, hex: true},   // Twilio
		{prefix: "key-", kind: APIKey, least: 32, hex: true}, // Mailgun
	}
}
