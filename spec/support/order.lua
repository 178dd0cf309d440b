-- Orders for the specs of the sandbox's pages: a calm one and a hostile one.
local order = {}

--- A purchase with everything a page shows.
function order.calm()
  return {
    currency = "EUR", payment_amount = 17890, payment_request_reference = "order-1001",
    supplementary_purchase_data = {
      purchase_reference = "1001",
      line_items = {
        { name = "Oversized vintage trabant tee", quantity = 2, unit_price = 2500,
          total_amount = 5000, total_tax_amount = 798 },
        { name = "Custom Berlin Wall Art Skateboard", quantity = 1, unit_price = 12900,
          total_amount = 12900, total_tax_amount = 2060 },
        { name = "Shipping", quantity = 1, total_amount = 490, total_tax_amount = 78 },
        { name = "Voucher WELCOME5", quantity = 1, total_amount = -500 },
      },
      shipping = { {
        recipient = { given_name = "Jane", family_name = "Doe" },
        address = { street_address = "Köpenicker Straße 70", postal_code = "10179",
          city = "Berlin", country = "DE" },
        shipping_option = { shipping_type = "TO_DOOR",
          shipping_type_attributes = { "TRACKED" }, shipping_carrier = "DHL" },
        shipping_reference = "parcel-1",
      } },
    },
    config = {
      redirect_url = "https://shop.example/thanks?id={klarna.payment_request.id}"
        .. "&state={klarna.payment_request.state}"
        .. "&token={klarna.payment_request.payment_confirmation_token}"
        .. "&reference={klarna.payment_request.payment_reference}",
      request_customer_profile = { "profile:name", "profile:email" },
    },
  }
end

--- Markup in every text that a page shows.
order.ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"

function order.hostile()
  local attack = order.ATTACK
  return {
    currency = "USD", payment_amount = 1000, payment_request_reference = attack,
    supplementary_purchase_data = {
      purchase_reference = attack,
      line_items = { { name = attack, quantity = 1, total_amount = 1000 } },
      shipping = { {
        recipient = { given_name = attack, family_name = attack },
        address = { street_address = attack, postal_code = "\"'><b>", city = attack,
          country = "US" },
        shipping_option = { shipping_type = "TO_DOOR", shipping_carrier = attack },
        shipping_reference = attack,
      } },
    },
    config = { redirect_url = "https://shop.example/?a='onfocus=alert(3)&b=%22" },
  }
end

return order
