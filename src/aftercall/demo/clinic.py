"""The invented clinic of the demo: who works there, what it does, and what is said on its phone."""

from __future__ import annotations

NAME = "Juniper Lane Dental"
PROJECT = "juniper-lane-dental"
LINE = "+15550100"
"""Its number; 555-01xx is set aside for fiction."""

TREATMENTS = {"check-up": 60, "cleaning": 85, "filling": 140, "crown": 690, "whitening": 220}
"""Price in dollars."""
DENTISTS = ("Dr. Osei", "Dr. Lindqvist", "Dr. Marchetti", "Dr. Tanaka")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
HOURS = ("8:30", "9:15", "10:00", "11:45", "1:30", "2:15", "3:00", "4:45")
INSURERS = ("Harbor Mutual", "Cedar Health", "Northwind Dental Plan", "Bluefinch")
CALLERS = (
    "Priya Anand",
    "Tom Becker",
    "Lucía Ferrer",
    "Grace Okafor",
    "Daniel Novak",
    "Mei Chen",
    "Sam Whitlock",
    "Inés Robledo",
    "Hannah Voss",
    "Omar Haddad",
    "Ruth Delgado",
    "Felix Moreau",
)

PHRASES: dict[str, dict[str, str]] = {
    "en-US": {
        "greet": "Thank you for calling {clinic}. How can I help?",
        "ask_name": "Of course. Can I have your full name, please?",
        "give_name": "It's {name}.",
        "want_booking": "Hi, I'd like to come in for a {treatment}.",
        "offer": "I can offer {day} at {hour} with {dentist}. Does that suit you?",
        "accept": "Yes, that works for me.",
        "decline": "No, I can't make that. Anything else?",
        "booked": "You're booked for {day} at {hour}. I've sent you a text with the details.",
        "full": "I'm sorry, the book is full that week. Shall I put you on the waiting list?",
        "no_thanks": "No, leave it. I'll call again.",
        "want_move": "I need to move my appointment to another day.",
        "moved": "Done, you're now on {day} at {hour}.",
        "want_cancel": "I have to cancel my appointment this week.",
        "cancelled": "It's cancelled, and there is no fee. Call us whenever you want a new one.",
        "want_pay": "I'd like to pay my bill.",
        "ask_card": "Your balance is ${amount}. Shall I charge the card ending in {card}?",
        "paid": "The payment went through. You'll get a receipt by text.",
        "not_paid": "The card was declined, I'm afraid. Let me pass you to our billing desk.",
        "want_insurance": "Do you take {insurer}?",
        "covered": "Yes, {insurer} is active on your file and covers this in part.",
        "not_covered": "We could not find an active policy with {insurer}. Billing can look into it.",
        "want_billing": "There's a charge of ${amount} on my bill that I don't understand.",
        "to_billing": "Let me connect you with our billing desk.",
        "want_human": "Can I just talk to a person, please?",
        "to_desk": "Sure, I'll put you through to the front desk.",
        "emergency": "I've chipped a tooth and it really hurts!",
        "to_nurse": "I'm sorry to hear that. I'm connecting you to the nurse on duty right now.",
        "want_hours": "What time do you open on {day}?",
        "hours": "On {day} we're open from half past eight to half past five.",
        "ood": "Can you tell me who won the game last night?",
        "sorry": "I can only help with things about the clinic. Is there anything I can do for you here?",
        "still_there": "Are you still there?",
        "anything": "Is there anything else?",
        "no_bye": "No, that's all. Thanks a lot, bye!",
        "bye": "Thank you for calling {clinic}. Goodbye!",
    },
    "es-ES": {
        "greet": "Gracias por llamar a {clinic}. ¿En qué puedo ayudarle?",
        "ask_name": "Claro. ¿Me dice su nombre completo, por favor?",
        "give_name": "Soy {name}.",
        "want_booking": "Hola, quería pedir cita para el dentista ({treatment}).",
        "offer": "Tengo hueco el {day} a las {hour} con {dentist}. ¿Le viene bien?",
        "accept": "Sí, perfecto.",
        "decline": "No, ese día no puedo. ¿Hay otro?",
        "booked": "Su cita queda reservada: {day} a las {hour}. Le envío un mensaje con los datos.",
        "full": "Lo siento, esa semana está completa. ¿Le apunto en la lista de espera?",
        "no_thanks": "No, déjelo. Ya volveré a llamar.",
        "want_move": "Necesito cambiar mi cita a otro día.",
        "moved": "Hecho, ahora su cita es el {day} a las {hour}.",
        "want_cancel": "Tengo que anular la cita de esta semana.",
        "cancelled": "Anulada, sin ningún coste. Llámenos cuando quiera otra.",
        "want_pay": "Quería pagar mi factura.",
        "ask_card": "Debe {amount} dólares. ¿Lo cargo en la tarjeta que acaba en {card}?",
        "paid": "El pago se ha realizado. Recibirá el recibo por mensaje.",
        "not_paid": "La tarjeta ha sido rechazada. Le paso con facturación.",
        "want_insurance": "¿Trabajan con {insurer}?",
        "covered": "Sí, su póliza de {insurer} está activa y cubre una parte.",
        "not_covered": "No encontramos una póliza activa de {insurer}. Facturación puede revisarlo.",
        "want_billing": "Hay un cargo de {amount} dólares en mi factura que no entiendo.",
        "to_billing": "Le paso con facturación.",
        "want_human": "¿Puedo hablar con una persona, por favor?",
        "to_desk": "Por supuesto, le paso con recepción.",
        "emergency": "¡Se me ha roto un diente y me duele mucho!",
        "to_nurse": "Lo siento mucho. Le paso ahora mismo con la enfermera de guardia.",
        "want_hours": "¿A qué hora abren el {day}?",
        "hours": "El {day} abrimos de ocho y media a cinco y media.",
        "ood": "¿Sabe quién ganó el partido de anoche?",
        "sorry": "Solo puedo ayudarle con asuntos de la clínica. ¿Desea algo más de nosotros?",
        "still_there": "¿Sigue ahí?",
        "anything": "¿Puedo ayudarle en algo más?",
        "no_bye": "No, eso es todo. ¡Muchas gracias, adiós!",
        "bye": "Gracias por llamar a {clinic}. ¡Adiós!",
    },
}
TREATMENTS_ES = dict(
    zip(TREATMENTS, ("revisión", "limpieza", "empaste", "corona", "blanqueamiento"), strict=True)
)
WEEKDAYS_ES = dict(zip(DAYS, ("lunes", "martes", "miércoles", "jueves", "viernes"), strict=True))
