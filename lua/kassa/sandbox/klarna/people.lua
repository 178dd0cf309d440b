--- The shopper of the sandbox: one made-up person whose data come back by the scopes asked for.
-- It knows no real person and keeps nothing a merchant sent.

local people = {}

local PART = {
  ["profile:name"] = { given_name = "Klara", family_name = "Angel" },
  ["profile:email"] = { email = "klara.angel@klarna.com", email_verified = true },
  ["profile:phone"] = { phone = "844-552-7621", phone_verified = true },
  ["profile:locale"] = { locale = "en-US" },
  ["profile:country"] = { country = "US" },
  ["profile:date_of_birth"] = { date_of_birth = "1990-01-01" },
}

local function address()
  return {
    street_address = "629 N High St", street_address2 = "Suite 300", postal_code = "43215",
    city = "Columbus", region = "OH", country = "US",
  }
end

--- A customer profile with the scopes asked for (reference 3.14), or nil when none was.
function people.profile(customer_id, scopes)
  if not scopes or #scopes == 0 then return nil end
  local out = { customer_id = customer_id }
  for _, scope in ipairs(scopes) do
    for name, value in pairs(PART[scope] or {}) do out[name] = value end
    if scope == "profile:billing_address" then out.address = address() end
  end
  return out
end

--- What the shopper typed where the merchant asked for shipping data (reference 3.16), or nil.
function people.shipping(asked)
  local wanted = {}
  for _, name in ipairs(asked or {}) do wanted[name] = true end
  if not wanted.SHIPPING_ADDRESS then return nil end
  return {
    recipient = { given_name = "Klara", family_name = "Angel", email = "klara.angel@klarna.com" },
    address = address(),
    shipping_option = wanted.SHIPPING_OPTION
      and { shipping_type = "TO_DOOR", shipping_carrier = "DHL" } or nil,
  }
end

return people
